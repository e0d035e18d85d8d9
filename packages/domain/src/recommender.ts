import type { SparseMatrix } from './sparse-matrix.js';
import type { TrainingData } from './training-data.js';

/** A block of users to score, each described by what they did. */
export interface UserBatch {
  /** [B, I]: history strengths, in the item index space of the training data. */
  readonly history: SparseMatrix;
  /** [entries of history]: unix milliseconds; undefined where the log has no times. */
  readonly times: Float64Array | undefined;
  /** [B]: positions in the training data; undefined for users that were never trained. */
  readonly users: Uint32Array | undefined;
}

/** A model that ranks the whole catalogue: learned models and baselines alike. */
export interface Recommender {
  readonly name: string;
  readonly itemCount: number;
  /**
   * Writes one score per user and item, higher is better; never NaN.
   * @param scores [B, I] row-major, overwritten
   */
  score(batch: UserBatch, scores: Float32Array): Promise<void>;
}

/** Something that learns a recommender from training data. */
export interface RecommenderFactory {
  readonly name: string;
  /** The settings that fit will use, for the report. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** @throws KindredError DATA_EMPTY, CATALOGUE_TOO_LARGE, … before any work when the data can't be fitted */
  fit(data: TrainingData, seed: number): Promise<Recommender>;
}
