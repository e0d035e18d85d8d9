import type { SparseMatrix } from '@kindred/domain';
import { addRow } from './add-row.js';

/** The rows and columns of a sparse matrix, without its values. */
export type SparsePattern = Pick<SparseMatrix, 'offsets' | 'columns'>;

/** The loops of sparse-rows.ts in plain TypeScript: where no kernels reach the arrays, and what the kernels are held against. */
export const plainRows = { gatherRowSums, scatterRowSums, addRows, takeRows, inverseNorms, projectRows };

function gatherRowSums(
  { offsets, columns }: SparsePattern,
  weights: Float32Array,
  rows: Uint32Array,
  table: Float32Array,
  width: number,
  out: Float32Array,
  scale?: Float32Array,
): void {
  const factorOf = (e: number) =>
    scale === undefined ? (weights[e] as number) : (weights[e] as number) * (scale[columns[e] as number] as number);
  out.fill(0, 0, rows.length * width);
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const end = offsets[row + 1] as number;
    const into = out.subarray(k * width, (k + 1) * width);
    let e = offsets[row] as number;
    // Four entries at a time: a quarter of the loads and stores of the sum.
    for (; e + 3 < end; e += 4) {
      const start0 = (columns[e] as number) * width;
      const start1 = (columns[e + 1] as number) * width;
      const start2 = (columns[e + 2] as number) * width;
      const start3 = (columns[e + 3] as number) * width;
      const factor0 = factorOf(e);
      const factor1 = factorOf(e + 1);
      const factor2 = factorOf(e + 2);
      const factor3 = factorOf(e + 3);
      for (let c = 0; c < width; c++) {
        into[c] =
          (into[c] as number) +
          factor0 * (table[start0 + c] as number) +
          factor1 * (table[start1 + c] as number) +
          factor2 * (table[start2 + c] as number) +
          factor3 * (table[start3 + c] as number);
      }
    }
    for (; e < end; e++) addRow(table, (columns[e] as number) * width, factorOf(e), into, 0, width);
  }
}

function scatterRowSums(
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

function addRows(values: Float32Array, rows: Uint32Array, width: number, table: Float32Array): void {
  for (let k = 0; k < rows.length; k++) addRow(values, k * width, 1, table, (rows[k] as number) * width, width);
}

function takeRows(table: Float32Array, rows: Uint32Array, width: number, out: Float32Array): void {
  for (let k = 0; k < rows.length; k++) {
    const start = (rows[k] as number) * width;
    out.set(table.subarray(start, start + width), k * width);
  }
}

function inverseNorms(table: Float32Array, width: number, out: Float32Array): void {
  for (let row = 0; row < out.length; row++) {
    let squared = 0;
    for (let k = row * width; k < (row + 1) * width; k++) squared += (table[k] as number) ** 2;
    out[row] = 1 / Math.sqrt(squared + 1e-12);
  }
}

function projectRows(
  gradient: Float32Array,
  table: Float32Array,
  norms: Float32Array,
  rows: Uint32Array,
  width: number,
): void {
  for (const row of rows) {
    const start = row * width;
    const norm = norms[row] as number;
    let along = 0;
    for (let k = start; k < start + width; k++) along += (gradient[k] as number) * (table[k] as number);
    const factor = along * norm * norm;
    for (let k = start; k < start + width; k++) {
      gradient[k] = ((gradient[k] as number) - factor * (table[k] as number)) * norm;
    }
  }
}
