import type { SparseMatrix } from './sparse-matrix.js';

/**
 * What a model may learn from: train only, with every statistic made from train only.
 * Users and items are positions in the snapshot's vocabularies.
 */
export interface TrainingData {
  /** [U, I]: strength of each positive interaction, > 0. Columns ascend within a row. */
  readonly positives: SparseMatrix;
  /**
   * [entries of positives]: a positive's weight in the loss, > 0: its strength decayed by age relative to the
   * newest train event (the pair stage's half-life); equal to the strength where the log has no times.
   */
  readonly weights: Float32Array;
  /** [entries of positives]: unix milliseconds of the newest event behind the entry; undefined where the log has no times. */
  readonly times: Float64Array | undefined;
  /** [U, I]: weight > 0 of each explicit or weak negative (dislike, return, impression without click). */
  readonly negatives: SparseMatrix;
  /** Unix milliseconds of the newest train event (T of the recipe); undefined where the log has no times. */
  readonly endTimeMs: number | undefined;
}

/** Held-out items, in the same index space as the training data they belong to. */
export interface HeldOut {
  /** [U, I], values 1. Users without held-out items have empty rows. */
  readonly items: SparseMatrix;
  /**
   * [U]: held-out items of the user that train has never seen. No model can return them; they count
   * as misses in recall and in the ideal of NDCG, so that anyone can recompute a metric from the test file.
   */
  readonly unknownItems: Uint32Array;
}

/** How a log was divided. */
export type SplitKind = 'time' | 'last' | 'random' | 'given';
