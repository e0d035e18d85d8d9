/** 1 / |row| of every row. @param out [R], overwritten */
export function inverseLengths(rows: Float32Array, width: number, out: Float32Array): Float32Array {
  for (let row = 0; row < out.length; row++) {
    let squared = 0;
    for (let k = row * width; k < (row + 1) * width; k++) squared += (rows[k] as number) ** 2;
    out[row] = 1 / Math.sqrt(squared + 1e-12);
  }
  return out;
}
