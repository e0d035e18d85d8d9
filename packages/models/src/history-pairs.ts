import type { Arena } from '@kindred/compute';
import type { SparseMatrix, TrainingData } from '@kindred/domain';
import { inverseRootPopularity } from './popularity.js';
import { RowSet } from './row-set.js';
import { gatherRowSums, projectRows, type SparsePattern, scatterRowSums, takeRows } from './sparse-rows.js';

/**
 * The sparse side of the default method: brings tables of items [I, d] to rows of users [B, d] and their gradients
 * back. A user's history and positives are the same entries, with two weights each:
 *   s_ui = h_ui / sqrt(sum_j h_uj) / sqrt(d_i)   in the history, h the strength
 *   a_ui                                          as a positive of the loss, the strength decayed by age
 */
export class HistoryPairs {
  /** [I]: 1 / sqrt(d_i), d_i the item's users in train; 1 for an item without any. */
  readonly itemScale: Float32Array;
  readonly #positives: SparsePattern;
  readonly #historyWeights: Float32Array; // s, [entries]
  readonly #lossWeights: Float32Array; // a, [entries]
  readonly #weightSums: Float32Array; // n, [U]
  readonly #width: number;
  readonly #items: RowSet;
  readonly #histories: Float32Array; // p, [largest batch, d]
  readonly #targets: Float32Array; // t, [largest batch, d]
  readonly #batchWeights: Float32Array; // n, [largest batch]

  /** @param arena takes a copy of the pairs */
  constructor(data: TrainingData, width: number, largestBatch: number, arena: Arena) {
    const { positives, weights } = data;
    this.#positives = { offsets: arena.place(positives.offsets), columns: arena.place(positives.columns) };
    this.#lossWeights = arena.place(weights);
    this.#weightSums = arena.place(weightSums(positives, weights));
    this.#width = width;
    this.#items = new RowSet(positives.columnCount);
    this.#histories = arena.floats(largestBatch * width);
    this.#targets = arena.floats(largestBatch * width);
    this.#batchWeights = arena.floats(largestBatch);
    this.itemScale = inverseRootPopularity(data);
    this.#historyWeights = arena.place(historyWeights(positives, this.itemScale));
  }

  /** The items that a batch of users has, each once, ascending. [n], a view that stands until the next call */
  itemsOf(users: Uint32Array): Uint32Array {
    const { offsets, columns } = this.#positives;
    this.#items.clear();
    for (const user of users) this.#items.add(columns, offsets[user], offsets[user + 1]);
    return this.#items.ascending();
  }

  /** p_u = sum_i s_ui C_i. [B, d], a view that stands until the next call */
  sumHistories(users: Uint32Array, history: Float32Array): Float32Array {
    const sums = this.#histories.subarray(0, users.length * this.#width);
    gatherRowSums(this.#positives, this.#historyWeights, users, history, this.#width, sums);
    return sums;
  }

  /** C's gradient: gC_i += s_ui dp_u. */
  scatterHistories(users: Uint32Array, gradients: Float32Array, historyGradient: Float32Array): void {
    scatterRowSums(this.#positives, this.#historyWeights, users, gradients, this.#width, historyGradient);
  }

  /** t_u = sum_i a_ui Q_i, Q_i the unit vector of the item. [B, d], a view that stands until the next call */
  sumTargets(users: Uint32Array, items: Float32Array, inverseNorms: Float32Array): Float32Array {
    const sums = this.#targets.subarray(0, users.length * this.#width);
    gatherRowSums(this.#positives, this.#lossWeights, users, items, this.#width, sums, inverseNorms);
    return sums;
  }

  /**
   * Y's gradient from the positives, dQ_i = sum_u a_ui dt_u, through the norm of each item touched.
   * @param touched `itemsOf(users)`
   * @param itemGradient [I, d], zero before; other parts may be added after
   */
  scatterTargets(
    users: Uint32Array,
    touched: Uint32Array,
    gradients: Float32Array,
    items: Float32Array,
    inverseNorms: Float32Array,
    itemGradient: Float32Array,
  ): void {
    scatterRowSums(this.#positives, this.#lossWeights, users, gradients, this.#width, itemGradient);
    projectRows(itemGradient, items, inverseNorms, touched, this.#width);
  }

  /** n_u = sum_i a_ui. [B], a view that stands until the next call */
  positiveWeights(users: Uint32Array): Float32Array {
    return takeRows(this.#weightSums, 1, users, this.#batchWeights.subarray(0, users.length));
  }
}

/** Of every user. [U] */
function weightSums({ offsets, rowCount }: SparseMatrix, weights: Float32Array): Float32Array {
  const sums = new Float32Array(rowCount);
  for (let user = 0; user < rowCount; user++) {
    let sum = 0;
    for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) sum += weights[e] as number;
    sums[user] = sum;
  }
  return sums;
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
