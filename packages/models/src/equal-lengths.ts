/**
 * Rows of different length brought to one length by one more dimension, q becomes [q ; sqrt(M^2 - |q|^2)], M the
 * longest: with [p ; 0] the inner products stay what they were, and they order as the cosines do (Bachrach et al.,
 * RecSys 2014). So a method that ranks by inner product is served by cosine like all others, on the same index.
 * @param rows [R, width]
 * @returns [R, width + 1]
 */
export function equalLengths(rows: Float32Array, width: number): Float32Array {
  const out = withRoom(rows, width);
  let longest = 0;
  for (let start = 0; start < rows.length; start += width) {
    longest = Math.max(longest, squaredLength(rows, start, width));
  }
  for (let row = 0; row < rows.length / width; row++) {
    out[row * (width + 1) + width] = Math.sqrt(Math.max(0, longest - squaredLength(rows, row * width, width)));
  }
  return out;
}

/** Rows with one more place at their end, zero. [R, width + 1] */
export function withRoom(rows: Float32Array, width: number): Float32Array {
  const out = new Float32Array((rows.length / width) * (width + 1));
  for (let row = 0; row < rows.length / width; row++) {
    out.set(rows.subarray(row * width, (row + 1) * width), row * (width + 1));
  }
  return out;
}

function squaredLength(rows: Float32Array, start: number, width: number): number {
  let squared = 0;
  for (let k = start; k < start + width; k++) squared += (rows[k] as number) ** 2;
  return squared;
}
