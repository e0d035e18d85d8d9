import type { SparseMatrix } from '@kindred/domain';

/**
 * Which of the items each user may have as a negative: 1 where the user does not have the item in train, else 0.
 * @param items [C] distinct
 * @returns [B, C] row-major
 */
export function unownedCells({ offsets, columns }: SparseMatrix, users: Uint32Array, items: Uint32Array): Float32Array {
  const placeOf = new Map([...items].map((item, place) => [item, place]));
  const cells = new Float32Array(users.length * items.length).fill(1);
  users.forEach((user, row) => {
    for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) {
      const place = placeOf.get(columns[e] as number);
      if (place !== undefined) cells[row * items.length + place] = 0;
    }
  });
  return cells;
}
