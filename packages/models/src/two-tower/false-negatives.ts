import type { SparseMatrix } from '@kindred/domain';
import { MASKED } from '@kindred/objectives';

/**
 * Which columns of a batch may not serve as negatives of which rows: an item that the row's user has in train, the
 * row's own item in another row included.
 * @param history [U, I] everything that the users have in train
 * @param users [B] and items [B]: the pairs of the batch, all of them in `history`
 * @returns [B, B]: 0, or MASKED to be added to the logits; the diagonal is 0
 */
export function falseNegatives(history: SparseMatrix, users: Uint32Array, items: Uint32Array): Float32Array {
  const batch = users.length;
  const mask = new Float32Array(batch * batch);
  const placesOf = placesByItem(items);
  for (let row = 0; row < batch; row++) {
    const user = users[row] as number;
    for (let e = history.offsets[user] as number; e < (history.offsets[user + 1] as number); e++) {
      const places = placesOf.get(history.columns[e] as number) ?? [];
      for (const place of places) if (place !== row) mask[row * batch + place] = MASKED;
    }
  }
  return mask;
}

function placesByItem(items: Uint32Array): Map<number, number[]> {
  const placesOf = new Map<number, number[]>();
  items.forEach((item, place) => {
    const known = placesOf.get(item);
    if (known === undefined) placesOf.set(item, [place]);
    else known.push(place);
  });
  return placesOf;
}
