import type { SequenceShape } from './sequence-shape.js';

/**
 * A trained model as typed arrays: what evaluation ranks with, what the index holds and what serving encodes with.
 * No tensor, no engine, no table of users unless the method keeps one.
 *
 * A score is the inner product of a user's vector with an item's vector. The last dimension carries the prior of
 * popularity: the item's holds the (scaled) log of its recent popularity, the user's holds how much of it to add.
 */
export interface ModelArtefact {
  /** Name of the method that trained it. */
  readonly method: string;
  /** The settings it was trained with, rules already applied. */
  readonly settings: Readonly<Record<string, number | string>>;
  /** [I]: item ids, in index order. */
  readonly items: readonly string[];
  /** D: length of a served vector, the encoder's width + 1. */
  readonly dimensions: number;
  /** [I, D]: unit vector of each item, then its prior. */
  readonly itemVectors: Float32Array;
  readonly encoder: HistoryEncoder;
  /** [I]: popularity in the prior's window, > 0: what to show to someone of whom nothing is known. */
  readonly fallbackScores: Float32Array;
  /** Vectors of the trained users, where the method learns them; everybody else is encoded from their history. */
  readonly users?: UserVectors | undefined;
}

export interface UserVectors {
  /** [U]: user ids, in index order. */
  readonly ids: readonly string[];
  /** [U, D] */
  readonly vectors: Float32Array;
}

/** How a history becomes a user's vector; see `encodeHistory`. */
export type HistoryEncoder = SumEncoder | SequenceEncoder;

interface EncoderBase {
  /** [I, D - 1]: what each item of a history adds, or what a sequence is read as. */
  readonly contextVectors: Float32Array;
  /** The temperature of training: score differences divided by it are differences of log-probability. */
  readonly temperature: number;
  /** What a user with a history puts into the last dimension: 1 adds the prior, 0 leaves it out. */
  readonly priorWeight: number;
}

/** The normalised sum of the items, in whatever order. */
export interface SumEncoder extends EncoderBase {
  readonly kind: 'sum';
  /** [I]: weight of each item in a history, 1 / sqrt(its users in train) for the default method. */
  readonly itemScale: Float32Array;
  /** k: n / (n + k) of a history of n items is trusted; 0 trusts all of it. */
  readonly shrinkage: number;
}

/** A transformer over the newest items in order of time; strengths only say which items count. */
export interface SequenceEncoder extends EncoderBase {
  readonly kind: 'sequence';
  readonly shape: SequenceShape;
  /** All weights in one array, laid out by `weightPlaces`. */
  readonly weights: Float32Array;
}
