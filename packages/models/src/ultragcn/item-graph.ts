import { emptyMatrix, rowEntries, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { withoutStrengths } from '../baselines/history-weights.js';
import { SparseCombination } from '../baselines/sparse-combination.js';
import { drainPositions, SparseRowsBuilder } from '../baselines/sparse-rows-builder.js';

/**
 * The neighbours of each item in the graph of co-occurrence G = R^T R (R binary), the `count` with the largest
 *   omega_ij = G_ij / (g_i - G_ii) * sqrt(g_i / g_j),   g_i = sum_k G_ik
 * (UltraGCN, equation 12). Time: the sum of squared history lengths; only one row of G exists at a time.
 * @returns [I, I]: row i holds the neighbours of i
 */
export function itemGraph(positives: SparseMatrix, count: number): SparseMatrix {
  const items = positives.columnCount;
  if (count === 0) return emptyMatrix(items, items);
  const byUser = withoutStrengths(positives);
  const byItem = transpose(byUser);
  const totals = coOccurrenceTotals(byUser, byItem);
  const shared = new SparseCombination(byUser); // G_i
  const heap = new TopK(Math.min(count, items));
  const rows = new SparseRowsBuilder(items);
  for (let item = 0; item < items; item++) {
    shared.combine(...rowEntries(byItem, item));
    const own = totals[item] as number;
    const others = own - (shared.sums[item] as number);
    const omega = (other: number) =>
      ((shared.sums[other] as number) / others) * Math.sqrt(own / (totals[other] as number));
    for (const other of shared.touched) if (other !== item) heap.offer(omega(other), other);
    rows.push(drainPositions(heap), omega);
    shared.clear();
  }
  return rows.build();
}

/** g_i = sum over the item's users of their number of items. [I] */
function coOccurrenceTotals({ offsets }: SparseMatrix, byItem: SparseMatrix): Float64Array {
  return Float64Array.from({ length: byItem.rowCount }, (_, item) => {
    let total = 0;
    for (const user of rowEntries(byItem, item)[0]) total += (offsets[user + 1] as number) - (offsets[user] as number);
    return total;
  });
}
