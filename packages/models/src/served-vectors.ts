/**
 * The vectors that are served: each row brought to length one, with one more dimension for the prior of popularity,
 * scale * log r.
 * @param table [R, width]
 * @param popularity [R], > 0
 * @returns [R, width + 1]
 */
export function servedItemVectors(
  table: Float32Array,
  width: number,
  popularity: Float32Array,
  scale: number,
): Float32Array {
  const served = unitRowsWithRoom(table, width);
  popularity.forEach((r, row) => {
    served[row * (width + 1) + width] = scale * Math.log(r);
  });
  return served;
}

/** Each row brought to length one, with one more place at its end, zero. [R, width + 1] */
export function unitRowsWithRoom(table: Float32Array, width: number): Float32Array {
  const rows = table.length / width;
  const out = new Float32Array(rows * (width + 1));
  for (let row = 0; row < rows; row++) {
    let squared = 0;
    for (let k = row * width; k < (row + 1) * width; k++) squared += (table[k] as number) ** 2;
    const inverseNorm = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    for (let c = 0; c < width; c++) out[row * (width + 1) + c] = (table[row * width + c] as number) * inverseNorm;
  }
  return out;
}
