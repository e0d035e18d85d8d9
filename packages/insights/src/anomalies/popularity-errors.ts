import { rowEntries, type SparseMatrix } from '@kindred/domain';

/**
 * How badly popularity alone explains what each user has: the mean over their items of -log of the item's share of all that
 * people took, in nats, each item counted once more than it was taken.
 * @param history [U, I]
 * @param popularity [I]: users of each item, these ones not among them
 * @returns [U]; NaN where there is nothing
 */
export function popularityErrors(history: SparseMatrix, popularity: Uint32Array): Float64Array {
  const total = popularity.reduce((sum, users) => sum + users + 1, 0);
  const surprise = Float64Array.from(popularity, (users) => Math.log(total / (users + 1)));
  return Float64Array.from({ length: history.rowCount }, (_, user) => {
    const [items] = rowEntries(history, user);
    return items.reduce((sum, item) => sum + (surprise[item] as number), 0) / items.length;
  });
}
