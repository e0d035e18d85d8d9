import { rowEntries, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { invertSymmetric } from './invert-symmetric.js';
import type { Matmul } from './matmul.js';
import { drainPositions, SparseRowsBuilder } from './sparse-rows-builder.js';

/** Weights kept of each history item. */
const KEPT = 500;

/**
 * EASE's weights where items are many and users are few. By the identity of Woodbury the inverse of items by items is
 * that of users by users, K = X Xᵀ + lambda I:
 *   P = (I - Xᵀ K^-1 X) / lambda      B_ij = x_i K^-1 x_j / (1 - x_j K^-1 x_j),  i != j,  x_i the column of item i
 * users³ + items · pairs operations. Of each row the largest weights by size are kept.
 * @param interactions X, [U, I]
 * @returns [I, I]: rows are items of a history, columns the items that are scored
 */
export async function dualEaseWeights(
  interactions: SparseMatrix,
  lambda: number,
  matmul: Matmul,
  keep = KEPT,
): Promise<SparseMatrix> {
  const { rowCount: users, columnCount: items } = interactions;
  const inverse = await inverseOfUsers(interactions, lambda, matmul); // K^-1, [U, U]
  const byItem = transpose(interactions); // [I, U]
  const ownShare = Float64Array.from({ length: items }, (_, item) => quadraticForm(inverse, users, byItem, item));
  const rows = new SparseRowsBuilder(items);
  const heap = new TopK(Math.min(keep, items));
  const pull = new Float64Array(users); // K^-1 x_i
  const scores = new Float64Array(items);
  for (let item = 0; item < items; item++) {
    pull.fill(0);
    const [owners, strengths] = rowEntries(byItem, item);
    owners.forEach((user, k) => {
      const from = user * users;
      const strength = strengths[k] as number;
      for (let v = 0; v < users; v++) pull[v] = (pull[v] as number) + strength * (inverse[from + v] as number);
    });
    scores.fill(0);
    for (let user = 0; user < users; user++) addScaledRow(interactions, user, pull[user] as number, scores);
    const weightOf = (other: number) => (scores[other] as number) / (1 - (ownShare[other] as number));
    for (let other = 0; other < items; other++) {
      const size = Math.abs(weightOf(other));
      if (other !== item && size > 0) heap.offer(size, other);
    }
    rows.push(drainPositions(heap), weightOf);
  }
  return rows.build();
}

/** [U, U] */
async function inverseOfUsers(interactions: SparseMatrix, lambda: number, matmul: Matmul): Promise<Float32Array> {
  const users = interactions.rowCount;
  const byItem = transpose(interactions);
  const matrix = new Float32Array(users * users);
  for (let item = 0; item < byItem.rowCount; item++) {
    const [owners, strengths] = rowEntries(byItem, item);
    // Owners ascend, so entries up to k lie in the lower triangle, which is all that is read.
    for (let k = 0; k < owners.length; k++) {
      const from = (owners[k] as number) * users;
      for (let e = 0; e <= k; e++) {
        const place = from + (owners[e] as number);
        matrix[place] = (matrix[place] as number) + (strengths[k] as number) * (strengths[e] as number);
      }
    }
  }
  for (let user = 0; user < users; user++) {
    matrix[user * users + user] = (matrix[user * users + user] as number) + lambda;
  }
  await invertSymmetric(matrix, users, matmul);
  for (let row = 0; row < users; row++) {
    for (let column = 0; column <= row; column++) {
      const value = -(matrix[row * users + column] as number);
      matrix[row * users + column] = value;
      matrix[column * users + row] = value;
    }
  }
  return matrix;
}

/** x_j K^-1 x_j */
function quadraticForm(inverse: Float32Array, users: number, byItem: SparseMatrix, item: number): number {
  const [owners, strengths] = rowEntries(byItem, item);
  let sum = 0;
  for (let a = 0; a < owners.length; a++) {
    const from = (owners[a] as number) * users;
    for (let b = 0; b < owners.length; b++) {
      sum += (strengths[a] as number) * (strengths[b] as number) * (inverse[from + (owners[b] as number)] as number);
    }
  }
  return sum;
}

function addScaledRow(matrix: SparseMatrix, row: number, factor: number, sums: Float64Array): void {
  const { offsets, columns, values } = matrix;
  for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) {
    const column = columns[e] as number;
    sums[column] = (sums[column] as number) + factor * (values[e] as number);
  }
}
