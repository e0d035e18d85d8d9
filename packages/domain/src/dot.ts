/**
 * Inner product of `width` numbers of `a` from `from` on with those of `b` from `at` on. Four sums side by side: one alone
 * would wait for itself.
 */
export function dot(a: Float32Array, from: number, b: Float32Array, at: number, width: number): number {
  let s0 = 0; // An array taken apart here would cost as much as the sums.
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let c = 0;
  for (; c + 3 < width; c += 4) {
    s0 += (a[from + c] as number) * (b[at + c] as number);
    s1 += (a[from + c + 1] as number) * (b[at + c + 1] as number);
    s2 += (a[from + c + 2] as number) * (b[at + c + 2] as number);
    s3 += (a[from + c + 3] as number) * (b[at + c + 3] as number);
  }
  for (; c < width; c++) s0 += (a[from + c] as number) * (b[at + c] as number);
  return s0 + s1 + s2 + s3;
}
