import type { SparseMatrix } from '@kindred/domain';

/** The rows and columns of a sparse matrix, without its values. */
export type SparsePattern = Pick<SparseMatrix, 'offsets' | 'columns'>;

/**
 * For each chosen row r of the pattern: out[k] = sum over its entries e of weights[e] * table[column of e].
 * @param weights [entries]
 * @param table [columns, width]
 * @param out [rows.length, width], overwritten
 */
export function gatherRowSums(
  { offsets, columns }: SparsePattern,
  weights: Float32Array,
  rows: Uint32Array,
  table: Float32Array,
  width: number,
  out: Float32Array,
): void {
  out.fill(0, 0, rows.length * width);
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const into = k * width;
    for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) {
      addRow(table, (columns[e] as number) * width, weights[e] as number, out, into, width);
    }
  }
}

/**
 * The transposed of `gatherRowSums`: table[column of e] += weights[e] * rowValues[k] for each entry e of each chosen row.
 * @param rowValues [rows.length, width]
 * @param table [columns, width], added to
 */
export function scatterRowSums(
  { offsets, columns }: SparsePattern,
  weights: Float32Array,
  rows: Uint32Array,
  rowValues: Float32Array,
  width: number,
  table: Float32Array,
): void {
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const from = k * width;
    for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) {
      addRow(rowValues, from, weights[e] as number, table, (columns[e] as number) * width, width);
    }
  }
}

/** into[at ..] += factor * from[start ..], over one row. */
export function addRow(
  from: Float32Array,
  start: number,
  factor: number,
  into: Float32Array,
  at: number,
  width: number,
): void {
  for (let c = 0; c < width; c++) {
    into[at + c] = (into[at + c] as number) + factor * (from[start + c] as number);
  }
}

/** Copies of the chosen rows, one after the other. [rows.length, width] */
export function takeRows(table: Float32Array, width: number, rows: Uint32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (let k = 0; k < rows.length; k++) {
    const start = (rows[k] as number) * width;
    taken.set(table.subarray(start, start + width), k * width);
  }
  return taken;
}
