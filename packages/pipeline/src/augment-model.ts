import type { Engine } from '@kindred/compute';
import { KindredError, nearestName } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';
import { DEFAULT_METHOD, getMethod, METHODS } from '@kindred/models';
import type { ModelArtefact } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import {
  type ChosenAugmentation,
  type CurvePoint,
  chooseAugmentation,
  createAugmentationSource,
  type ModelFactory,
  PLAIN_SOURCES,
  type SourceFactory,
} from '@kindred/training';
import type { Progress } from './progress.js';

/** Nothing joins histories: the default (docs/decisions/0015). */
export const NO_AUGMENTATION = 'off';
const BY_VALIDATION = 'auto';
/** What `auto` compares. */
const COMPARED = [...PLAIN_SOURCES, 'dae'];
const NAMES = [
  BY_VALIDATION,
  NO_AUGMENTATION,
  ...PLAIN_SOURCES,
  ...Object.values(METHODS)
    .filter(({ name, readsTexts, readsOrder }) => name !== DEFAULT_METHOD && !readsTexts && !readsOrder)
    .map(({ name }) => name),
];

/** What an augmentation is asked by. */
export interface AugmentRequest {
  /** What helps short histories: `auto`, `off` or a source by name. Default `off`. */
  readonly augment?: string | undefined;
  readonly engine: Engine;
  readonly seed: number;
  /** What validation leaves out. Default `seen`. */
  readonly mask?: Mask | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** @throws KindredError CONFIG_INVALID with the nearest known name, or where nothing can join what the method reads */
export function checkAugment(name: string, method: string): void {
  if (name !== NO_AUGMENTATION && getMethod(method).readsOrder) {
    throw new KindredError(
      'CONFIG_INVALID',
      `settings.augment: ${method} reads histories in order of time, where an item can not count in part; nothing can join them`,
      { field: 'settings.augment' },
    );
  }
  if (NAMES.includes(name)) return;
  const nearest = nearestName(name, NAMES);
  const hint = nearest === undefined ? `there are ${NAMES.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('CONFIG_INVALID', `settings.augment: nothing augments by the name ${name}; ${hint}`, {
    field: 'settings.augment',
  });
}

/**
 * Whether and how short histories are augmented, as the run asks for it, by the validation events of a part.
 * @param model trains as it was chosen, on the data of some users
 * @returns undefined where it is off
 */
export async function decideAugmentation(
  part: SnapshotPart,
  request: AugmentRequest,
  model: ModelFactory,
): Promise<ChosenAugmentation | undefined> {
  const { augment = NO_AUGMENTATION, engine, mask = 'seen', seed, signal, progress } = request;
  if (augment === NO_AUGMENTATION) return undefined;
  const isAsked = augment !== BY_VALIDATION;
  const sources = Object.fromEntries(
    (isAsked ? [augment] : COMPARED).map((name): [string, SourceFactory] => [
      name,
      async (data, vocabulary) => {
        const { source } = await createAugmentationSource(name, { data, vocabulary, engine, seed, signal });
        return source;
      },
    ]),
  );
  const chosen = await chooseAugmentation({
    model,
    data: part.data,
    validation: part.heldOut,
    vocabulary: part,
    sources,
    asked: isAsked ? augment : undefined,
    mask,
    engine,
    seed,
    signal,
  });
  progress.say(chosen.because);
  return chosen;
}

export interface Augmented {
  readonly artefact: ModelArtefact;
  /** Of the training of what generates for it; empty where nothing does. */
  readonly generatorCurve: readonly CurvePoint[];
}

/** The artefact with what was chosen, learned on the part. */
export async function augmented(
  artefact: ModelArtefact,
  part: SnapshotPart,
  request: AugmentRequest,
  chosen: ChosenAugmentation | undefined,
): Promise<Augmented> {
  if (chosen?.augmentation === undefined) return { artefact, generatorCurve: [] };
  const { source: name, count, weight } = chosen.augmentation;
  const { engine, seed, signal } = request;
  const parts = { data: part.data, vocabulary: part, engine, seed, signal };
  const { source, curve } = await createAugmentationSource(name, parts);
  return { artefact: { ...artefact, augmentation: { count, weight, source } }, generatorCurve: curve };
}
