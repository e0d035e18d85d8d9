import { KindredError } from '@kindred/domain';

/**
 * Solves A x = b for a small symmetric positive definite A by its Cholesky factor, in place.
 * @param matrix [n, n]; only the lower triangle is read; receives the factor
 * @param vector b, [n]; receives x
 * @throws KindredError TRAINING_DEGENERATE when A is not positive definite
 */
export function solveCholesky(matrix: Float64Array, vector: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    let pivot = matrix[rowJ + j] as number;
    for (let k = 0; k < j; k++) pivot -= (matrix[rowJ + k] as number) ** 2;
    if (!(pivot > 0)) {
      throw new KindredError(
        'TRAINING_DEGENERATE',
        `the matrix to solve is not positive definite (pivot ${pivot}); raise the regularisation`,
      );
    }
    const root = Math.sqrt(pivot);
    matrix[rowJ + j] = root;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n;
      let sum = matrix[rowI + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[rowI + k] as number) * (matrix[rowJ + k] as number);
      matrix[rowI + j] = sum / root;
    }
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
