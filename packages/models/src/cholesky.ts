import { KindredError } from '@kindred/domain';

/**
 * Solves A x = b for a small symmetric positive definite A by its Cholesky factor, in place.
 * @param matrix [n, n]; only the lower triangle is read; receives the factor
 * @param vector b, [n]; receives x
 * @throws KindredError TRAINING_DEGENERATE when A is not positive definite
 */
export function solveCholesky(matrix: Float64Array, vector: Float64Array, n: number): void {
  const failed = factorise(matrix, n, 0);
  if (failed !== undefined) {
    throw new KindredError(
      'TRAINING_DEGENERATE',
      `the matrix to solve is not positive definite (pivot ${failed}); raise the regularisation`,
    );
  }
  for (let i = 0; i < n; i++) {
    let sum = vector[i] as number;
    for (let k = 0; k < i; k++) sum -= (matrix[i * n + k] as number) * (vector[k] as number);
    vector[i] = sum / (matrix[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = vector[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (matrix[k * n + i] as number) * (vector[k] as number);
    vector[i] = sum / (matrix[i * n + i] as number);
  }
}

/**
 * T with (A T)ᵀ (A T) = 1 for G = Aᵀ A: the inverse of G's Cholesky factor, transposed. A column of A that lies in the span
 * of those before it has a column of zeros in T.
 * @param gram G, [n, n]; receives the factor
 * @param negligible share of a column's squared length below which what is left outside of that span is noise
 * @returns [n, n], upper triangular
 */
export function orthonormalTurn(gram: Float64Array, n: number, negligible: number): Float32Array {
  factorise(gram, n, negligible);
  const inverse = new Float64Array(n * n); // of the factor, row by row
  for (let j = 0; j < n; j++) {
    const row = j * n;
    const diagonal = gram[row + j] as number;
    if (diagonal === 0) continue;
    for (let k = 0; k < j; k++) {
      const entry = (gram[row + k] as number) / diagonal;
      if (entry === 0) continue;
      for (let m = 0; m <= k; m++) {
        inverse[row + m] = (inverse[row + m] as number) - entry * (inverse[k * n + m] as number);
      }
    }
    inverse[row + j] = 1 / diagonal;
  }
  const turn = new Float32Array(n * n);
  for (let c = 0; c < n; c++) {
    for (let r = 0; r <= c; r++) turn[r * n + c] = inverse[c * n + r] as number;
  }
  return turn;
}

/**
 * The lower triangle becomes L with L Lᵀ = the matrix. Where a pivot is not above its share of the diagonal, the row and the
 * column of L are zero.
 * @returns the first such pivot; undefined where there is none
 */
function factorise(matrix: Float64Array, n: number, negligible: number): number | undefined {
  let failed: number | undefined;
  for (let j = 0; j < n; j++) {
    const row = j * n;
    const own = matrix[row + j] as number;
    let pivot = own;
    for (let k = 0; k < j; k++) {
      const diagonal = matrix[k * n + k] as number;
      let sum = matrix[row + k] as number;
      for (let m = 0; m < k; m++) sum -= (matrix[row + m] as number) * (matrix[k * n + m] as number);
      const entry = diagonal === 0 ? 0 : sum / diagonal;
      matrix[row + k] = entry;
      pivot -= entry * entry;
    }
    if (pivot > negligible * own) {
      matrix[row + j] = Math.sqrt(pivot);
    } else {
      failed ??= pivot;
      matrix.fill(0, row, row + j + 1);
    }
  }
  return failed;
}
