/** Rows [R, d] times a square matrix [d, d]. [R, d] */
export function rowsTimesSquare(rows: Float32Array, square: Float32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    for (let k = 0; k < width; k++) {
      const factor = rows[start + k] as number;
      const from = k * width;
      for (let c = 0; c < width; c++) {
        out[start + c] = (out[start + c] as number) + factor * (square[from + c] as number);
      }
    }
  }
  return out;
}
