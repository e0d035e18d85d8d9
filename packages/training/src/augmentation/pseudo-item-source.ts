import type { Engine } from '@kindred/compute';
import { KindredError, type TrainingData } from '@kindred/domain';
import { getMethod, type Settings, type Vocabulary } from '@kindred/models';
import { ENOUGH_ITEMS, type PseudoItemSource } from '@kindred/models/artefact';
import { trainModel } from '../train-model.js';

/** What a source learns from, and on. */
export interface SourceParts {
  readonly data: TrainingData;
  readonly vocabulary: Vocabulary;
  readonly engine: Engine;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

const SELF = 'self';
const NEIGHBOURS = 'neighbours';
/** Sources of pseudo-items beside generators. */
export const PLAIN_SOURCES: readonly string[] = [SELF, NEIGHBOURS];

/** What a generator is told for this task, where it differs from its defaults: it is to complete histories of a few items. */
const FOR_FEW_ITEMS: Readonly<Record<string, Settings>> = { dae: { conditionItems: ENOUGH_ITEMS } };

/** How many people are asked what they have. */
const ASKED = 20;

/**
 * A source of pseudo-items by its name: `self`, `neighbours`, or a learned method, which is trained for it.
 * @throws KindredError METHOD_UNKNOWN, TRAINING_DEGENERATE, INTERRUPTED
 */
export async function createPseudoItemSource(name: string, parts: SourceParts): Promise<PseudoItemSource> {
  if (name === SELF) return { kind: 'self' };
  if (name === NEIGHBOURS) {
    const { positives } = parts.data;
    const histories = { ...positives, values: new Float32Array(positives.values.length).fill(1) };
    return { kind: 'neighbours', neighbours: ASKED, histories };
  }
  const { artefact, stopped } = await trainModel({
    ...parts,
    method: getMethod(name),
    settings: FOR_FEW_ITEMS[name] ?? {},
  });
  if (stopped === 'aborted') throw new KindredError('INTERRUPTED', `the training of ${name} was interrupted`);
  return { kind: 'generated', generator: { ...artefact, users: undefined, userBases: undefined } };
}
