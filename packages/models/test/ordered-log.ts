import { emptyMatrix, matrixFromTriples, type TrainingData } from '@kindred/domain';

/** Groups of four items. */
export const ORDERED_GROUPS = 2;
const USERS_PER_ORDER = 12;

/** Of four items A, B, X, Y each group has people of A, then B, then X, and as many of B, then A, then Y. */
export function orderedLog(): TrainingData {
  const orders = Array.from({ length: ORDERED_GROUPS }, (_, g) => [
    [0, 1, 2].map((k) => 4 * g + k),
    [1, 0, 3].map((k) => 4 * g + k),
  ]).flat();
  const histories = Array.from({ length: USERS_PER_ORDER }, () => orders).flat();
  const rows = histories.flatMap((items, user) => items.map(() => user));
  const columns = histories.flat();
  const count = rows.length;
  const [users, items] = [histories.length, 4 * ORDERED_GROUPS];
  const ones = new Float32Array(count).fill(1);
  const positives = matrixFromTriples(users, items, Uint32Array.from(rows), Uint32Array.from(columns), ones);
  const times = new Float64Array(count);
  histories.forEach((order, user) => {
    const start = positives.offsets[user] as number;
    positives.columns.subarray(start, start + order.length).forEach((item, k) => {
      times[start + k] = 1000 * (1 + order.indexOf(item));
    });
  });
  return { positives, weights: ones, times, negatives: emptyMatrix(users, items), endTimeMs: 3000 };
}
