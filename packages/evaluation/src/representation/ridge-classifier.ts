import type { UnitRows } from './vector-table.js';

/** The ridge, as a share of the mean variance of a direction: enough for directions that the rows do not have. */
const RIDGE = 0.01;

/**
 * Least squares onto one column a class, by the normal equations of centred rows: W = (X^T X + r I)^-1 X^T Y.
 * @param rows [m] of `vectors`
 * @param targets [m]: class of each
 * @returns the class that a row of `vectors` is nearest to
 */
export function ridgeClassifier(
  vectors: UnitRows,
  rows: Uint32Array,
  targets: Uint32Array,
  classes: number,
): (row: number) => number {
  const { values, width } = vectors;
  const mean = meanOf(vectors, rows);
  const shares = new Float64Array(classes);
  for (const target of targets) shares[target] = (shares[target] as number) + 1 / targets.length;
  const gram = new Float64Array(width * width);
  const weights = new Float64Array(width * classes); // X^T Y, then W
  const centred = new Float64Array(width);
  rows.forEach((row, k) => {
    for (let c = 0; c < width; c++) centred[c] = (values[row * width + c] as number) - (mean[c] as number);
    const target = targets[k] as number;
    for (let a = 0; a < width; a++) {
      const left = centred[a] as number;
      for (let b = 0; b <= a; b++)
        gram[a * width + b] = (gram[a * width + b] as number) + left * (centred[b] as number);
      // Y is centred by X: sum_k x_k is zero, so its mean needs no subtraction here.
      weights[a * classes + target] = (weights[a * classes + target] as number) + left;
    }
  });
  let trace = 0;
  for (let a = 0; a < width; a++) trace += gram[a * width + a] as number;
  const ridge = trace > 0 ? (RIDGE * trace) / width : 1;
  for (let a = 0; a < width; a++) gram[a * width + a] = (gram[a * width + a] as number) + ridge;
  solveInPlace(gram, width, weights, classes);
  return (row) => {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let target = 0; target < classes; target++) {
      let score = shares[target] as number;
      for (let c = 0; c < width; c++) {
        score +=
          ((values[row * width + c] as number) - (mean[c] as number)) * (weights[c * classes + target] as number);
      }
      if (score > highest) [best, highest] = [target, score];
    }
    return best;
  };
}

function meanOf({ values, width }: UnitRows, rows: Uint32Array): Float64Array {
  const mean = new Float64Array(width);
  for (const row of rows) {
    for (let c = 0; c < width; c++) mean[c] = (mean[c] as number) + (values[row * width + c] as number) / rows.length;
  }
  return mean;
}

/**
 * Solves A X = B for a symmetric positive definite A by Cholesky's factors.
 * @param a [n, n], the lower triangle; becomes the factor
 * @param b [n, columns]; becomes X
 */
function solveInPlace(a: Float64Array, n: number, b: Float64Array, columns: number): void {
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = a[r * n + c] as number;
      for (let k = 0; k < c; k++) sum -= (a[r * n + k] as number) * (a[c * n + k] as number);
      a[r * n + c] = r === c ? Math.sqrt(sum) : sum / (a[c * n + c] as number);
    }
  }
  for (let column = 0; column < columns; column++) {
    for (let r = 0; r < n; r++) {
      let sum = b[r * columns + column] as number;
      for (let k = 0; k < r; k++) sum -= (a[r * n + k] as number) * (b[k * columns + column] as number);
      b[r * columns + column] = sum / (a[r * n + r] as number);
    }
    for (let r = n - 1; r >= 0; r--) {
      let sum = b[r * columns + column] as number;
      for (let k = r + 1; k < n; k++) sum -= (a[k * n + r] as number) * (b[k * columns + column] as number);
      b[r * columns + column] = sum / (a[r * n + r] as number);
    }
  }
}
