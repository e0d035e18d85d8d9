export interface SymmetricEigen {
  /** [n], descending. */
  readonly values: Float64Array;
  /** [n, n]: column k belongs to values[k]. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and vectors of a small symmetric matrix by cyclic Jacobi rotations, in double precision: simple,
 * and exact to the last digits also where eigenvalues repeat.
 * @param matrix [n, n]; only read
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): SymmetricEigen {
  const a = Float64Array.from(matrix);
  const rows = identity(n); // row k becomes the eigenvector of a[k, k]
  for (let sweep = 0; sweep < 50 && offDiagonal(a, n) > 1e-22 * diagonal(a, n); sweep++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, rows, n, p, q);
    }
  }
  return sorted(a, rows, n);
}

/** One rotation that makes a[p, q] zero (Golub and Van Loan, 8.5.2). */
function rotate(a: Float64Array, rows: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q] as number;
  if (apq === 0) return;
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(t * t + 1);
  const sine = t * cosine;
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q, cosine, sine);
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k, cosine, sine);
  for (let k = 0; k < n; k++) turn(rows, p * n + k, q * n + k, cosine, sine);
}

function turn(values: Float64Array, at: number, other: number, cosine: number, sine: number): void {
  const x = values[at] as number;
  const y = values[other] as number;
  values[at] = cosine * x - sine * y;
  values[other] = sine * x + cosine * y;
}

function sorted(a: Float64Array, rows: Float64Array, n: number): SymmetricEigen {
  const value = (k: number) => a[k * n + k] as number;
  const order = Array.from({ length: n }, (_, k) => k).sort((x, y) => value(y) - value(x) || x - y);
  const values = Float64Array.from(order, value);
  const vectors = new Float64Array(n * n);
  order.forEach((from, k) => {
    for (let r = 0; r < n; r++) vectors[r * n + k] = rows[from * n + r] as number;
  });
  return { values, vectors };
}

function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let k = 0; k < n; k++) matrix[k * n + k] = 1;
  return matrix;
}

function diagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (a[k * n + k] as number) ** 2;
  return sum;
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < r; c++) sum += (a[r * n + c] as number) ** 2;
  }
  return sum;
}
