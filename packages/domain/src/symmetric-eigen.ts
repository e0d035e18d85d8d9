export interface SymmetricEigen {
  /** [n], descending. */
  readonly values: Float64Array;
  /** [n, n]: column k belongs to values[k]. */
  readonly vectors: Float64Array;
}

/** Turns of the QL algorithm for one eigenvalue; two or three are usual. */
const MOST_TURNS = 60;

/**
 * Eigenvalues and vectors of a small symmetric matrix: reduced to tridiagonal form by Householder reflections, then by
 * the QL algorithm with implicit shifts (Bowdler, Martin, Reinsch and Wilkinson, 1968; Golub and Van Loan, 8.3), in double
 * precision. About 9 n³ operations, all along rows.
 * @param matrix [n, n]; only read
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): SymmetricEigen {
  const rows = identity(n); // Row k becomes the eigenvector of diagonal[k].
  const { diagonal, below } = tridiagonal(Float64Array.from(matrix), rows, n);
  for (let k = 0; k < n; k++) isolate(diagonal, below, rows, n, k);
  return sorted(diagonal, rows, n);
}

/**
 * A <- H A H for a reflection H = I - 2 v vᵀ for each column but the last two, which clears the column below its first
 * subdiagonal entry; `rows` gathers the product of the reflections.
 */
function tridiagonal(
  a: Float64Array,
  rows: Float64Array,
  n: number,
): { readonly diagonal: Float64Array; readonly below: Float64Array } {
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    let squared = 0;
    for (let i = k + 1; i < n; i++) squared += (a[i * n + k] as number) ** 2;
    const first = a[(k + 1) * n + k] as number;
    const length = Math.sqrt(squared);
    if (squared === first * first) continue; // Nothing below to clear.
    // v is the column with its length added to the first entry, away from cancellation; made of unit length.
    const head = first + (first < 0 ? -length : length);
    const scale = 1 / Math.sqrt(squared - first * first + head * head);
    v[k + 1] = head * scale;
    for (let i = k + 2; i < n; i++) v[i] = (a[i * n + k] as number) * scale;
    reflectBothSides(a, v, p, n, k);
    reflectRows(rows, v, p, n, k + 1);
  }
  return {
    diagonal: Float64Array.from({ length: n }, (_, k) => a[k * n + k] as number),
    below: Float64Array.from({ length: n }, (_, k) => (k + 1 < n ? (a[(k + 1) * n + k] as number) : 0)),
  };
}

/** A <- A - v wᵀ - w vᵀ with p = A v, w = 2 (p - (vᵀp) v), over rows and columns from `from` on. */
function reflectBothSides(a: Float64Array, v: Float64Array, p: Float64Array, n: number, from: number): void {
  let product = 0;
  for (let i = from; i < n; i++) {
    let sum = 0;
    for (let j = from + 1; j < n; j++) sum += (a[i * n + j] as number) * (v[j] as number);
    p[i] = sum;
    if (i > from) product += sum * (v[i] as number);
  }
  v[from] = 0;
  for (let i = from; i < n; i++) p[i] = 2 * ((p[i] as number) - product * (v[i] as number));
  for (let i = from; i < n; i++) {
    const vi = v[i] as number;
    const wi = p[i] as number;
    for (let j = from; j < n; j++) {
      a[i * n + j] = (a[i * n + j] as number) - vi * (p[j] as number) - wi * (v[j] as number);
    }
  }
}

/** Rows <- (I - 2 v vᵀ) rows, for v that is 0 before `from`. @param sums scratch, [n] */
function reflectRows(rows: Float64Array, v: Float64Array, sums: Float64Array, n: number, from: number): void {
  sums.fill(0);
  for (let i = from; i < n; i++) {
    const factor = 2 * (v[i] as number);
    for (let j = 0; j < n; j++) sums[j] = (sums[j] as number) + factor * (rows[i * n + j] as number);
  }
  for (let i = from; i < n; i++) {
    const factor = v[i] as number;
    for (let j = 0; j < n; j++) rows[i * n + j] = (rows[i * n + j] as number) - factor * (sums[j] as number);
  }
}

/** Turns the tridiagonal matrix until below[k] is nothing beside its neighbours: diagonal[k] is an eigenvalue then. */
function isolate(diagonal: Float64Array, below: Float64Array, rows: Float64Array, n: number, k: number): void {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    let end = k;
    while (end < n - 1 && !isNegligible(diagonal, below, end)) end += 1;
    if (end === k) return;
    sweep(diagonal, below, rows, n, k, end);
  }
}

function isNegligible(diagonal: Float64Array, below: Float64Array, k: number): boolean {
  const size = Math.abs(diagonal[k] as number) + Math.abs(diagonal[k + 1] as number);
  return size + Math.abs(below[k] as number) === size;
}

/** One QL step with Wilkinson's shift on rows start .. end. */
function sweep(
  diagonal: Float64Array,
  below: Float64Array,
  rows: Float64Array,
  n: number,
  start: number,
  end: number,
): void {
  const half = ((diagonal[start + 1] as number) - (diagonal[start] as number)) / (2 * (below[start] as number));
  const root = Math.hypot(half, 1);
  const shift = (below[start] as number) / (half + (half < 0 ? -root : root));
  let g = (diagonal[end] as number) - (diagonal[start] as number) + shift;
  let [sine, cosine, carried] = [1, 1, 0];
  for (let i = end - 1; i >= start; i--) {
    const f = sine * (below[i] as number);
    const b = cosine * (below[i] as number);
    const r = Math.hypot(f, g);
    below[i + 1] = r;
    if (r === 0) {
      // The matrix has come apart here: go on from what is left.
      diagonal[i + 1] = (diagonal[i + 1] as number) - carried;
      below[end] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const next = (diagonal[i + 1] as number) - carried;
    const t = ((diagonal[i] as number) - next) * sine + 2 * cosine * b;
    carried = sine * t;
    diagonal[i + 1] = next + carried;
    g = cosine * t - b;
    turnRows(rows, n, i, cosine, sine);
  }
  diagonal[start] = (diagonal[start] as number) - carried;
  below[start] = g;
  below[end] = 0;
}

/** Turns rows i and i + 1 into each other. */
function turnRows(rows: Float64Array, n: number, i: number, cosine: number, sine: number): void {
  const upper = i * n;
  const lower = upper + n;
  for (let j = 0; j < n; j++) {
    const x = rows[upper + j] as number;
    const y = rows[lower + j] as number;
    rows[lower + j] = sine * x + cosine * y;
    rows[upper + j] = cosine * x - sine * y;
  }
}

function sorted(diagonal: Float64Array, rows: Float64Array, n: number): SymmetricEigen {
  const value = (k: number) => diagonal[k] as number;
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
