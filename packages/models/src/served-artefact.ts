import { rowDegrees, type TrainingData } from '@kindred/domain';
import type { HistoryEncoder, ModelArtefact, SequenceShape, ServedLayers, UserVectors } from './artefact/index.js';
import type { Vocabulary } from './learned-method.js';
import { inverseRootPopularity, priorPopularity, servedPriorWeight, typicalHistory } from './popularity.js';
import { rowsWithRoom, unitRows, unitRowsWithRoom, withPrior } from './served-vectors.js';

/** What a method has learned, to be served by cosine to a history. */
export interface ServedParts {
  readonly method: string;
  readonly settings: ModelArtefact['settings'];
  readonly data: TrainingData;
  readonly vocabulary: Vocabulary;
  /** [I, width]: the items as they are ranked; brought to length one here, but for layers. */
  readonly items: Float32Array;
  /** [I, width]: what each item of a history adds. Absent: the items themselves, at length one. */
  readonly context?: Float32Array | undefined;
  /** [I]: weight of each item in a history. Absent: 1 / sqrt(its users). */
  readonly itemScale?: Float32Array | undefined;
  readonly width: number;
  readonly temperature: number;
  /** b: how much of the prior users with a history get, see `servedPriorWeight`; everybody else gets the prior alone. */
  readonly priorStrength: number;
  readonly priorWindowDays: number;
  /** k: a history of n items counts sqrt(n / (n + k)). Default 0. */
  readonly shrinkage?: number | undefined;
  readonly users?: UserVectors | undefined;
  /** Vectors of width `width`. */
  readonly userBases?: UserVectors | undefined;
  /** [S, width], of any length: what each segment's members point to. */
  readonly segments?: Float32Array | undefined;
  /** A transformer over the context vectors in order of time. Absent: their weighted sum. */
  readonly sequence?: { readonly shape: SequenceShape; readonly weights: Float32Array } | undefined;
  /** Dense layers over the sum of the context vectors, or convolutions of them: scores are their inner products as they are, not cosines. */
  readonly layers?: ServedLayers | undefined;
}

/**
 * The artefact that is served: score = sqrt(n / (n + k)) cos(P, Q_j) + b T log r_j, that is T times the logit, r_j the item's
 * users in the prior's window. Arrays are copies.
 */
export function servedArtefact(parts: ServedParts): ModelArtefact {
  const { method, settings, data, vocabulary, items, width, temperature } = parts;
  const popularity = priorPopularity(data, parts.priorWindowDays);
  const served = parts.layers === undefined ? unitRowsWithRoom(items, width) : rowsWithRoom(items, width);
  const itemVectors = withPrior(served, width, popularity, temperature);
  return {
    method,
    settings,
    items: vocabulary.items,
    dimensions: width + 1,
    itemVectors,
    encoder: encoderOf(parts, itemVectors),
    fallbackScores: popularity,
    users: parts.users,
    userBases: parts.userBases,
    segments: parts.segments && { vectors: unitRows(parts.segments, width), foundBy: 'prototypes' },
  };
}

/** How vectors and popularity are put together when serving. */
export interface ServingChoice {
  readonly priorWindowDays: number;
  readonly priorStrength: number;
  readonly shrinkage: number;
}

/** The same vectors with another prior and shrinkage. @param data what the artefact was trained on */
export function withServing(
  artefact: ModelArtefact,
  data: TrainingData,
  { priorWindowDays, priorStrength, shrinkage }: ServingChoice,
): ModelArtefact {
  const { dimensions, encoder } = artefact;
  const popularity = priorPopularity(data, priorWindowDays);
  const itemVectors = artefact.itemVectors.slice();
  popularity.forEach((r, item) => {
    itemVectors[(item + 1) * dimensions - 1] = encoder.temperature * Math.log(r);
  });
  const served = {
    ...encoder,
    shrinkage,
    priorWeight: servedPriorWeight(typicalHistory(data), priorStrength, shrinkage),
  };
  return { ...artefact, itemVectors, encoder: served, fallbackScores: popularity };
}

function encoderOf(parts: ServedParts, itemVectors: Float32Array): HistoryEncoder {
  const { context, itemScale, sequence, layers, width, data, shrinkage = 0 } = parts;
  const { temperature, priorStrength } = parts;
  const contextVectors = context?.slice() ?? withoutPrior(itemVectors, width);
  if (sequence !== undefined) {
    const { shape, weights } = sequence;
    const read = { contextVectors, shape, weights: weights.slice() };
    return { kind: 'sequence', ...read, temperature, priorWeight: priorStrength };
  }
  if (layers !== undefined)
    return { kind: 'layers', contextVectors, ...layers, temperature, priorWeight: priorStrength };
  const scale = itemScale?.slice() ?? inverseRootPopularity(data);
  const priorWeight = servedPriorWeight(typicalHistory(data), priorStrength, shrinkage);
  return { kind: 'sum', contextVectors, itemScale: scale, shrinkage, temperature, priorWeight };
}

/**
 * Users of a table as they are served: unit vectors, and how much of the prior each gets. A user without a pair was
 * never moved from their random start: they get the prior alone, like an empty history.
 * @param table [U, width]
 */
export function trainedUsers(
  data: TrainingData,
  vocabulary: Vocabulary,
  table: Float32Array,
  width: number,
  priorStrength: number,
): UserVectors {
  const vectors = unitRowsWithRoom(table, width);
  rowDegrees(data.positives).forEach((degree, user) => {
    if (degree === 0) vectors.fill(0, user * (width + 1), (user + 1) * (width + 1));
    vectors[(user + 1) * (width + 1) - 1] = degree === 0 ? 1 : priorStrength;
  });
  return { ids: vocabulary.users, vectors };
}

/** [I, width] of [I, width + 1] */
function withoutPrior(vectors: Float32Array, width: number): Float32Array {
  const rows = vectors.length / (width + 1);
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    out.set(vectors.subarray(row * (width + 1), row * (width + 1) + width), row * width);
  }
  return out;
}
