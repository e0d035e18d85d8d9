import type { Engine } from '@kindred/compute';
import { KindredError, type TrainingData } from '@kindred/domain';
import { getMethod, settingsForFewItems, type Vocabulary } from '@kindred/models';
import type { AugmentationSource } from '@kindred/models/artefact';
import type { CurvePoint } from '../progress.js';
import { trainModel } from '../train-model.js';

/** What a source learns from, and on. */
export interface SourceParts {
  readonly data: TrainingData;
  readonly vocabulary: Vocabulary;
  readonly engine: Engine;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

export const POPULARITY = 'popularity';
const SELF = 'self';
const NEIGHBOURS = 'neighbours';
/** What needs no generator, what asks for least first. */
export const PLAIN_SOURCES: readonly string[] = [POPULARITY, SELF, NEIGHBOURS];

export interface CreatedSource {
  readonly source: AugmentationSource;
  /** Of the generator's training; empty where none was trained. */
  readonly curve: readonly CurvePoint[];
}

/** How many people are asked what they have. */
const ASKED = 20;

/**
 * What short histories are helped by, by its name: `popularity` (more of the model's own prior), or who says which items
 * join them: `self`, `neighbours`, or a learned method, which is trained for it.
 * @throws KindredError METHOD_UNKNOWN, TRAINING_DEGENERATE, INTERRUPTED
 */
export async function createAugmentationSource(name: string, parts: SourceParts): Promise<CreatedSource> {
  if (name === POPULARITY) return untrained({ kind: 'popularity' });
  if (name === SELF) return untrained({ kind: 'self' });
  if (name === NEIGHBOURS) {
    const { positives } = parts.data;
    const histories = { ...positives, values: new Float32Array(positives.values.length).fill(1) };
    return untrained({ kind: 'neighbours', neighbours: ASKED, histories });
  }
  const { artefact, curve, stopped } = await trainModel({
    ...parts,
    method: getMethod(name),
    settings: settingsForFewItems(name),
  });
  if (stopped === 'aborted') throw new KindredError('INTERRUPTED', `the training of ${name} was interrupted`);
  const generator = { ...artefact, users: undefined, userBases: undefined };
  return { source: { kind: 'generated', generator }, curve };
}

function untrained(source: AugmentationSource): CreatedSource {
  return { source, curve: [] };
}
