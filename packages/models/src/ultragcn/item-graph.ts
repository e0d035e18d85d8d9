import { type SparseMatrix, TopK, transpose } from '@kindred/domain';

/**
 * The neighbours of each item in the graph of co-occurrence G = R^T R (R binary), the `count` with the largest
 *   omega_ij = G_ij / (g_i - G_ii) * sqrt(g_i / g_j),   g_i = sum_k G_ik
 * (UltraGCN, equation 12). Time: the sum of squared history lengths; only one row of G exists at a time.
 * @returns [I, I]: row i holds the neighbours of i; columns in order of weight, not ascending
 */
export function itemGraph(positives: SparseMatrix, count: number): SparseMatrix {
  const byItem = transpose(positives);
  const items = byItem.rowCount;
  const totals = coOccurrenceTotals(positives, byItem);
  const kept = Math.min(count, items);
  const heap = new TopK(Math.max(1, kept));
  const shared = new Uint32Array(items); // G_i, zero between rows
  const offsets = new Uint32Array(items + 1);
  const columns: number[] = [];
  const values: number[] = [];
  const found = new Uint32Array(kept);
  const weights = new Float32Array(kept);
  for (let item = 0; item < items && kept > 0; item++) {
    const touched = countShared(positives, byItem, item, shared);
    const own = totals[item] as number;
    const others = own - (shared[item] as number);
    for (const other of touched) {
      if (other !== item) {
        heap.offer(((shared[other] as number) / others) * Math.sqrt(own / (totals[other] as number)), other);
      }
      shared[other] = 0;
    }
    const size = heap.size;
    heap.drain(found, weights);
    for (let k = 0; k < size; k++) {
      columns.push(found[k] as number);
      values.push(weights[k] as number);
    }
    offsets[item + 1] = columns.length;
  }
  return {
    rowCount: items,
    columnCount: items,
    offsets,
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  };
}

/** g_i = sum over the item's users of their number of items. [I] */
function coOccurrenceTotals({ offsets }: SparseMatrix, byItem: SparseMatrix): Float64Array {
  return Float64Array.from({ length: byItem.rowCount }, (_, item) => {
    let total = 0;
    for (const user of byItem.columns.subarray(byItem.offsets[item], byItem.offsets[item + 1])) {
      total += (offsets[user + 1] as number) - (offsets[user] as number);
    }
    return total;
  });
}

/** Counts the users that every other item shares with this one. @returns the items counted, the own one among them */
function countShared(positives: SparseMatrix, byItem: SparseMatrix, item: number, shared: Uint32Array): number[] {
  const touched: number[] = [];
  for (const user of byItem.columns.subarray(byItem.offsets[item], byItem.offsets[item + 1])) {
    for (const other of positives.columns.subarray(positives.offsets[user], positives.offsets[user + 1])) {
      if (shared[other] === 0) touched.push(other);
      shared[other] = (shared[other] as number) + 1;
    }
  }
  return touched;
}
