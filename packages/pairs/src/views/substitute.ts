import type { SparseMatrix } from '@kindred/domain';
import type { View } from './history.js';

/** Row i: the items that may stand for item i, each of the train catalogue; an empty row keeps the item. */
export type ItemNeighbours = Pick<SparseMatrix, 'offsets' | 'columns'>;

/**
 * Replaces each item by itself with the chance given by one of its neighbours, drawn evenly (Liu et al., CoSeRec,
 * 2021). An item whose drawn neighbour stands in the view already is kept, so that no item comes twice.
 * @param chance in [0, 1]
 */
export function substitute(chance: number, { offsets, columns }: ItemNeighbours): View {
  return ({ items, strengths }, random) => {
    const shown = new Set(items);
    const replaced = items.map((item) => {
      const start = offsets[item] as number;
      const count = (offsets[item + 1] as number) - start;
      if (random.next() >= chance || count === 0) return item;
      const other = columns[start + random.below(count)] as number;
      if (shown.has(other)) return item;
      shown.add(other);
      return other;
    });
    return { items: replaced, strengths: strengths.slice() };
  };
}
