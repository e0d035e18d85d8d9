import { setImmediate as nextTurn } from 'node:timers/promises';
import { KindredError } from '@kindred/domain';
import { plainMatmul } from './matmul.js';

/** Rows and columns swept at once. */
const BLOCK = 256;
/**
 * Inverts a symmetric positive definite matrix in place, by sweeping blocks of the diagonal (the sweep
 * operator, Goodnight 1979, with blocks for pivots). For the block K, the other rows R, D = A_KK^-1:
 *
 *   A_RR <- A_RR - A_RK D A_KR      A_RK <- A_RK D      A_KK <- -D
 *
 * Every state is symmetric, so only the lower triangle is kept; after all blocks it holds -A^-1. That is
 * n³ operations, nearly all of them in products of [BLOCK, BLOCK] with [BLOCK, n], which `matmul` does. Positive
 * definite matrices need no pivoting. Storage is Float32; pivot blocks are inverted in double precision.
 *
 * @param matrix [n, n] row-major; only the lower triangle is read; receives -A^-1 there, the rest is undefined
 * @throws KindredError TRAINING_DEGENERATE when the matrix is not positive definite
 */
export async function invertSymmetric(matrix, n, matmul = plainMatmul, block = BLOCK) {
  const panel = new Float32Array(n * Math.min(block, n));
  for (let start = 0; start < n; start += block) {
    const size = Math.min(block, n - start);
    const pivot = readPivot(matrix, n, start, size);
    invertDense(pivot, size);
    const inverse = Float32Array.from(pivot);
    gatherPanel(matrix, n, start, size, panel);
    for (let row = 0; row < n; row += block) {
      const height = Math.min(block, n - row);
      const before = panel.subarray(row * size, (row + height) * size);
      const after = await matmul(before, [height, size], inverse, [size, size], { transposeB: true });
      // Rows of the pivot itself are zero in the panel: they are left as they are by this update.
      const reach = row + height;
      const update = await matmul(after, [height, size], panel.subarray(0, reach * size), [reach, size], {
        transposeB: true,
      });
      subtractLower(matrix, n, row, height, update, reach);
      scatterPanel(matrix, n, start, size, row, height, after);
      await nextTurn();
    }
    writePivot(matrix, n, start, size, pivot);
  }
}
/** The symmetric pivot block in double precision. [size, size] */
function readPivot(matrix, n, start, size) {
  const pivot = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = matrix[(start + i) * n + start + j];
      pivot[i * size + j] = value;
      pivot[j * size + i] = value;
    }
  }
  return pivot;
}
/** A_RK for all rows, zero for the rows of K. [n, size] */
function gatherPanel(matrix, n, start, size, panel) {
  const end = start + size;
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < size; k++) {
      const inLower = row >= end ? matrix[row * n + start + k] : matrix[(start + k) * n + row];
      panel[row * size + k] = row >= start && row < end ? 0 : inLower;
    }
  }
}
function subtractLower(matrix, n, row, height, update, reach) {
  for (let i = 0; i < height; i++) {
    const to = (row + i) * n;
    const from = i * reach;
    for (let j = 0; j <= row + i; j++) matrix[to + j] = matrix[to + j] - update[from + j];
  }
}
function scatterPanel(matrix, n, start, size, firstRow, height, values) {
  for (let i = 0; i < height; i++) {
    const row = firstRow + i;
    if (row >= start && row < start + size) continue;
    for (let k = 0; k < size; k++) {
      const place = row > start ? row * n + start + k : (start + k) * n + row;
      matrix[place] = values[i * size + k];
    }
  }
}
function writePivot(matrix, n, start, size, pivot) {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) matrix[(start + i) * n + start + j] = -pivot[i * size + j];
  }
}
/** Inverts a symmetric positive definite matrix in place (Gauss and Jordan, no pivoting). [size, size] */
function invertDense(matrix, size) {
  for (let p = 0; p < size; p++) {
    const pivot = matrix[p * size + p];
    if (!(pivot > 0) || !Number.isFinite(pivot)) {
      throw new KindredError(
        'TRAINING_DEGENERATE',
        `the matrix to invert is not positive definite (pivot ${pivot}); raise lambda`,
      );
    }
    const scale = 1 / pivot;
    for (let j = 0; j < size; j++) matrix[p * size + j] = matrix[p * size + j] * scale;
    matrix[p * size + p] = scale;
    for (let i = 0; i < size; i++) {
      if (i === p) continue;
      const factor = matrix[i * size + p];
      matrix[i * size + p] = 0;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) matrix[i * size + j] = matrix[i * size + j] - factor * matrix[p * size + j];
    }
  }
}
//# sourceMappingURL=invert-symmetric.js.map
