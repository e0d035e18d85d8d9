import type { SparseMatrix } from '@kindred/domain';
import { declareSetting, getSetting } from '../settings.js';
import { dualEaseWeights } from './dual-ease.js';
import { interactionsOf } from './history-weights.js';
import { invertSymmetric } from './invert-symmetric.js';
import { defineItemModel } from './item-model.js';

/** Items up to which the matrix of items by items is inverted. */
const LARGEST_SIDE = 10_000;
/** Users up to which, beyond that, the matrix of users by users is. */
const LARGEST_DUAL_SIDE = 5000;

/**
 * EASE^R, "Embarrassingly Shallow Autoencoders for Sparse Data" (Steck, WWW 2019): the linear item-to-item
 * model with zero diagonal that best rebuilds the histories, in closed form,
 *
 *   P = (XᵀX + lambda I)^-1      B = I - P diag(1 / diag P)      scores = x B
 *
 * Where there are too many items for that and few users, the same by the users' side (`dualEaseWeights`).
 */
export const ease = defineItemModel({
  name: 'ease',
  description: 'The linear item-to-item model in closed form.',
  limit: {
    items: LARGEST_SIDE,
    orUsers: LARGEST_DUAL_SIDE,
    because: 'inverts a dense matrix of items by items, or of users by users where these are few',
    bytesOf: (itemCount) => itemCount * itemCount * 4,
  },
  settings: [
    declareSetting('lambda', 200, [1e-3, 1e6], 'Penalty of squared weights.', {
      search: { from: 10, to: 5000, scale: 'log' },
      why: 'Published choices run from 50 on sparse logs to 600 on dense ones; 200 costs little on either.',
    }),
  ],
  async fitWeights({ data, settings, matmul }) {
    const itemCount = data.positives.columnCount;
    const interactions = interactionsOf(data.positives, settings);
    const lambda = getSetting(settings, 'lambda');
    if (itemCount > LARGEST_SIDE) return dualEaseWeights(interactions, lambda, matmul);
    const dense = gramMatrix(interactions, lambda);
    await invertSymmetric(dense, itemCount, matmul);
    toWeights(dense, itemCount);
    return { dense, itemCount };
  },
});

/** Lower triangle of XᵀX + lambda I. [I, I] */
function gramMatrix(interactions: SparseMatrix, lambda: number): Float32Array {
  const { rowCount, columnCount: n, offsets, columns, values } = interactions;
  const matrix = new Float32Array(n * n);
  for (let row = 0; row < rowCount; row++) {
    const start = offsets[row] as number;
    for (let k = start; k < (offsets[row + 1] as number); k++) {
      const from = (columns[k] as number) * n;
      const strength = values[k] as number;
      // Columns ascend within a row, so entries up to k lie in the lower triangle.
      for (let e = start; e <= k; e++) {
        const place = from + (columns[e] as number);
        matrix[place] = (matrix[place] as number) + strength * (values[e] as number);
      }
    }
  }
  for (let i = 0; i < n; i++) matrix[i * n + i] = (matrix[i * n + i] as number) + lambda;
  return matrix;
}

/** Turns the lower triangle of -P into the full B: B_ij = -P_ij / P_jj off the diagonal, 0 on it. */
function toWeights(matrix: Float32Array, n: number): void {
  const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i] as number);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const value = matrix[i * n + j] as number;
      matrix[i * n + j] = -value / (diagonal[j] as number);
      matrix[j * n + i] = -value / (diagonal[i] as number);
    }
    matrix[i * n + i] = 0;
  }
}
