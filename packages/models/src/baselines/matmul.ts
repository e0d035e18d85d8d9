import type { Engine, MatrixShape } from '@kindred/compute';
import { rowProducts } from '@kindred/domain';

/**
 * A product of row-major matrices on arrays of the host, with the shape of an engine's `matmul`, so that an app can
 * inject an engine; baselines themselves know no tensors.
 */
export type Matmul = Engine['matmul'];

/** Plain JavaScript, see `rowProducts`. */
export const plainMatmul: Matmul = async (a, shapeA, b, shapeB, options = {}) => {
  const { transposeA = false, transposeB = false } = options;
  // Both are read along their rows: A as [m, k], B as [n, k].
  const left = transposeA ? transposed(a, shapeA) : a;
  const right = transposeB ? b : transposed(b, shapeB);
  const [m, k] = transposeA ? [shapeA[1], shapeA[0]] : shapeA;
  const n = transposeB ? shapeB[0] : shapeB[1];
  const out = options.out ?? new Float32Array(m * n);
  rowProducts(left, right, [m, n], k, out);
  return out;
};

/** [columns, rows] */
export function transposed(matrix: Float32Array, [rows, columns]: MatrixShape): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c] as number;
  }
  return out;
}
