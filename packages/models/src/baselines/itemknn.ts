import { rowEntries, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { declareSetting, getSetting } from '../settings.js';
import { interactionsOf } from './history-weights.js';
import { defineItemModel } from './item-model.js';
import { rowNorms, SparseCombination } from './sparse-combination.js';
import { drainPositions, SparseRowsBuilder } from './sparse-rows-builder.js';

/**
 * Item-based nearest neighbours (Sarwar et al., 2001; Deshpande and Karypis, 2004): the score of item j is the
 * sum over the user's items i among the `neighbours` most similar to j of strength · similarity,
 *
 *   similarity(i, j) = x_i · x_j / (|x_i| |x_j| + shrinkage)
 *
 * with x_i the column of users that have i. Sparse throughout: time is the sum of squared history lengths,
 * memory itemCount · neighbours · 8 bytes.
 */
export const itemKnn = defineItemModel({
  name: 'itemknn',
  description: 'Items that the same people have.',
  settings: [
    declareSetting('neighbours', 100, [1, 100_000], 'Most similar items that count for each item.', {
      whole: true,
      search: { from: 5, to: 1000, scale: 'log' },
      why: 'Tuned studies choose 10 on very sparse logs and several hundred on dense ones; 100 is seldom far off.',
    }),
    declareSetting('shrinkage', 10, [0, 1e6], 'Added to the product of norms: trusts pairs with few users less.', {
      search: { among: [0, 1, 3, 10, 30, 100, 300, 1000] },
      why: 'Ten keeps two users of two items from being a perfect match; the more users an item has, the less it does.',
    }),
  ],
  async fitWeights({ data, settings }) {
    const similar = similarItems(
      interactionsOf(data.positives, settings),
      getSetting(settings, 'neighbours'),
      getSetting(settings, 'shrinkage'),
    );
    // Row i of the transpose: the items whose neighbour i is.
    return transpose(similar);
  },
});

/** [I, I]: row j holds the items most similar to j, at most `neighbours` of them. */
export function similarItems(interactions: SparseMatrix, neighbours: number, shrinkage: number): SparseMatrix {
  const itemCount = interactions.columnCount;
  const byItem = transpose(interactions);
  const together = new SparseCombination(interactions);
  const norms = rowNorms(byItem);
  const heap = new TopK(Math.min(neighbours, itemCount));
  const rows = new SparseRowsBuilder(itemCount);
  for (let item = 0; item < itemCount; item++) {
    together.combine(...rowEntries(byItem, item));
    const similarity = (other: number) =>
      (together.sums[other] as number) / ((norms[item] as number) * (norms[other] as number) + shrinkage);
    for (const other of together.touched) if (other !== item) heap.offer(similarity(other), other);
    rows.push(drainPositions(heap), similarity);
    together.clear();
  }
  return rows.build();
}
