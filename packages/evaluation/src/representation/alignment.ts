import { Random, type SparseMatrix } from '@kindred/domain';
import { dotRows, type UnitRows, type VectorTable } from './vector-table.js';

/**
 * Alignment (Wang and Isola, ICML 2020): the mean squared distance of a user's direction from those of their items,
 * over a seeded sample of the positive pairs. 0: each user lies on their items; 2: as far as if drawn at random.
 * @param positives [U, I]
 * @returns undefined where no pair has two directions
 */
export function alignment(
  users: VectorTable,
  items: VectorTable,
  positives: SparseMatrix,
  pairs: number,
  seed: number,
): number | undefined {
  const { offsets, columns } = positives;
  const { width } = users;
  const entries = columns.length;
  const chosen = entries <= pairs ? undefined : new Random(seed, 'alignment').sample(entries, pairs).sort();
  let row = 0;
  let sum = 0;
  let count = 0;
  for (let k = 0; k < (chosen?.length ?? entries); k++) {
    const entry = chosen?.[k] ?? k;
    while ((offsets[row + 1] as number) <= entry) row++;
    const item = columns[entry] as number;
    const squares =
      dotRows(users.values, row, users.values, row, width) * dotRows(items.values, item, items.values, item, width);
    if (squares === 0) continue;
    sum += 2 - (2 * dotRows(users.values, row, items.values, item, width)) / Math.sqrt(squares);
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

/**
 * Uniformity (the same paper): log mean exp(-2 |x - y|^2) over the pairs of different rows. 0: all rows are one point;
 * -4 for orthogonal ones, and about that for a large width at random; the lower, the more even.
 * @returns undefined with fewer than two rows
 */
export function uniformity({ values, width, count }: UnitRows): number | undefined {
  if (count < 2) return undefined;
  let sum = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) sum += Math.exp(4 * dotRows(values, a, values, b, width) - 4);
  }
  return Math.log(sum / ((count * (count - 1)) / 2));
}
