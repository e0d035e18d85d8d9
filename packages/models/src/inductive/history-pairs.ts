import type { SparseMatrix, TrainingData } from '@kindred/domain';
import { inverseRootPopularity } from '../popularity.js';
import { gatherRowSums, scatterRowSums } from '../sparse-rows.js';

/**
 * The sparse side of the default method: brings tables of items [I, d] to rows of users [B, d] and their gradients
 * back. A user's history and positives are the same entries, with two weights each:
 *   s_ui = h_ui / sqrt(sum_j h_uj) / sqrt(d_i)   in the history, h the strength
 *   a_ui                                          as a positive of the loss, the strength decayed by age
 */
export class HistoryPairs {
  /** [I]: 1 / sqrt(d_i), d_i the item's users in train; 1 for an item without any. */
  readonly itemScale: Float32Array;
  readonly #positives: SparseMatrix;
  readonly #historyWeights: Float32Array; // s, [entries]
  readonly #lossWeights: Float32Array; // a, [entries]
  readonly #width: number;
  /** [I]: the step in which the item was last a positive. */
  readonly #touched: Uint32Array;
  #step = 0;

  constructor(data: TrainingData, width: number) {
    const { positives, weights } = data;
    this.#positives = positives;
    this.#lossWeights = weights;
    this.#width = width;
    this.itemScale = inverseRootPopularity(data);
    this.#historyWeights = historyWeights(positives, this.itemScale);
    this.#touched = new Uint32Array(positives.columnCount);
  }

  /** p_u = sum_i s_ui C_i. [B, d] */
  sumHistories(users: Uint32Array, history: Float32Array): Float32Array {
    const sums = new Float32Array(users.length * this.#width);
    gatherRowSums(this.#positives, this.#historyWeights, users, history, this.#width, sums);
    return sums;
  }

  /** C's gradient: gC_i += s_ui dp_u. */
  scatterHistories(users: Uint32Array, gradients: Float32Array, historyGradient: Float32Array): void {
    scatterRowSums(this.#positives, this.#historyWeights, users, gradients, this.#width, historyGradient);
  }

  /** t_u = sum_i a_ui Q_i, Q_i the unit vector of the item. [B, d] */
  sumTargets(users: Uint32Array, items: Float32Array, inverseNorms: Float32Array): Float32Array {
    const sums = new Float32Array(users.length * this.#width);
    gatherRowSums(this.#positives, this.#lossWeights, users, items, this.#width, sums, inverseNorms);
    return sums;
  }

  /**
   * Y's gradient from the positives, dQ_i = sum_u a_ui dt_u, through the norm of each item touched.
   * @param itemGradient [I, d], zero before; other parts may be added after
   */
  scatterTargets(
    users: Uint32Array,
    gradients: Float32Array,
    items: Float32Array,
    inverseNorms: Float32Array,
    itemGradient: Float32Array,
  ): void {
    scatterRowSums(this.#positives, this.#lossWeights, users, gradients, this.#width, itemGradient);
    const { offsets, columns } = this.#positives;
    this.#step++;
    for (const user of users) {
      for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) {
        const item = columns[e] as number;
        if (this.#touched[item] === this.#step) continue;
        this.#touched[item] = this.#step;
        projectThroughNorm(itemGradient, items, item * this.#width, this.#width, inverseNorms[item] as number);
      }
    }
  }

  /** n_u = sum_i a_ui. [B] */
  positiveWeights(users: Uint32Array): Float32Array {
    const { offsets } = this.#positives;
    return Float32Array.from(users, (user) => {
      let sum = 0;
      for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) {
        sum += this.#lossWeights[e] as number;
      }
      return sum;
    });
  }
}

/** s_ui of every entry. */
function historyWeights({ offsets, columns, values, rowCount }: SparseMatrix, itemScale: Float32Array): Float32Array {
  const weights = new Float32Array(columns.length);
  for (let user = 0; user < rowCount; user++) {
    const start = offsets[user] as number;
    const end = offsets[user + 1] as number;
    let total = 0;
    for (let e = start; e < end; e++) total += values[e] as number;
    for (let e = start; e < end; e++) {
      weights[e] = ((values[e] as number) / Math.sqrt(total)) * (itemScale[columns[e] as number] as number);
    }
  }
  return weights;
}

/** In place: dq = (dQ - (dQ . Q) Q) / |q| for the row at `start`. */
function projectThroughNorm(
  gradient: Float32Array,
  values: Float32Array,
  start: number,
  width: number,
  inverseNorm: number,
): void {
  let along = 0;
  for (let k = start; k < start + width; k++) along += (gradient[k] as number) * (values[k] as number);
  const factor = along * inverseNorm * inverseNorm;
  for (let k = start; k < start + width; k++) {
    gradient[k] = ((gradient[k] as number) - factor * (values[k] as number)) * inverseNorm;
  }
}
