import { type Recommender, rowEntries, type SparseMatrix, TopK } from '@kindred/domain';
import type { HistoryWeights } from './history-weights.js';
import { drainPositions, SparseRowsBuilder } from './sparse-rows-builder.js';

/** Weights between all items: row i, what an item i of a history adds to the score of each item. */
export interface DenseItemWeights {
  /** [I, I] */
  readonly dense: Float32Array;
  readonly itemCount: number;
}

/** What an item-to-item model has learned: rows are items of a history, columns the items that are scored. */
export type ItemWeights = SparseMatrix | DenseItemWeights;

/**
 * scores = h W for a history h, summed in double precision. Somebody without history gets the popularity order.
 * @param popularity [I]
 */
export function itemWeightRecommender(
  name: string,
  weights: ItemWeights,
  popularity: Float32Array,
  weightsOf: HistoryWeights,
): Recommender {
  const itemCount = popularity.length;
  const sums = new Float64Array(itemCount);
  const addItem = 'dense' in weights ? denseRows(weights, sums) : sparseRows(weights, sums);
  return {
    name,
    itemCount,
    async score(batch, scores) {
      const { offsets, columns, rowCount } = batch.history;
      const counts = weightsOf(batch);
      for (let row = 0; row < rowCount; row++) {
        const start = offsets[row] as number;
        const end = offsets[row + 1] as number;
        sums.fill(0);
        for (let e = start; e < end; e++) addItem(columns[e] as number, counts[e] as number);
        scores.set(start === end ? popularity : sums, row * itemCount);
      }
    },
  };
}

/**
 * The `keep` largest weights of each row by size, whatever their sign; equal ones by the lower column. With as many as
 * there are items nothing is lost but zeros.
 * @returns [I, I]
 */
export function prunedItemWeights({ dense, itemCount }: DenseItemWeights, keep: number): SparseMatrix {
  const rows = new SparseRowsBuilder(itemCount);
  const heap = new TopK(Math.min(keep, itemCount));
  for (let item = 0; item < itemCount; item++) {
    const row = dense.subarray(item * itemCount, (item + 1) * itemCount);
    for (let other = 0; other < itemCount; other++) {
      const size = Math.abs(row[other] as number);
      if (size > 0) heap.offer(size, other);
    }
    rows.push(drainPositions(heap), (other) => row[other] as number);
  }
  return rows.build();
}

/** Adds a history item's row of weights to the sums. */
type AddItem = (item: number, factor: number) => void;

function denseRows({ dense, itemCount }: DenseItemWeights, sums: Float64Array): AddItem {
  return (item, factor) => {
    const from = item * itemCount;
    for (let j = 0; j < itemCount; j++) sums[j] = (sums[j] as number) + factor * (dense[from + j] as number);
  };
}

function sparseRows(weights: SparseMatrix, sums: Float64Array): AddItem {
  return (item, factor) => {
    const [columns, values] = rowEntries(weights, item);
    for (let k = 0; k < columns.length; k++) {
      const other = columns[k] as number;
      sums[other] = (sums[other] as number) + factor * (values[k] as number);
    }
  };
}
