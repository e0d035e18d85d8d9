/**
 * The last dimension of the vectors that are served, in place: the prior of popularity, scale * log r.
 * @param served [R, width + 1]
 * @param popularity [R], > 0
 */
export function withPrior(served: Float32Array, width: number, popularity: Float32Array, scale: number): Float32Array {
  popularity.forEach((r, row) => {
    served[row * (width + 1) + width] = scale * Math.log(r);
  });
  return served;
}

/** Each row brought to length one; a row of zeros stays. [R, width] */
export function unitRows(table: Float32Array, width: number): Float32Array {
  const out = new Float32Array(table.length);
  for (let start = 0; start < table.length; start += width) writeUnitRow(table, start, width, out, start);
  return out;
}

/** Each row brought to length one, with one more place at its end, zero. [R, width + 1] */
export function unitRowsWithRoom(table: Float32Array, width: number): Float32Array {
  const rows = table.length / width;
  const out = new Float32Array(rows * (width + 1));
  for (let row = 0; row < rows; row++) writeUnitRow(table, row * width, width, out, row * (width + 1));
  return out;
}

/** Each row as it is, with one more place at its end, zero. [R, width + 1] */
export function rowsWithRoom(table: Float32Array, width: number): Float32Array {
  const rows = table.length / width;
  const out = new Float32Array(rows * (width + 1));
  for (let row = 0; row < rows; row++) out.set(table.subarray(row * width, (row + 1) * width), row * (width + 1));
  return out;
}

function writeUnitRow(table: Float32Array, start: number, width: number, out: Float32Array, at: number): void {
  let squared = 0;
  for (let c = 0; c < width; c++) squared += (table[start + c] as number) ** 2;
  const inverseNorm = squared > 0 ? 1 / Math.sqrt(squared) : 0;
  for (let c = 0; c < width; c++) out[at + c] = (table[start + c] as number) * inverseNorm;
}
