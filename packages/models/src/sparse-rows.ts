import { findKernels } from '@kindred/compute';
import { plainRows, type SparsePattern } from './plain-rows.js';

export type { SparsePattern };

/**
 * Loops over rows of tables. Arrays that lie in one arena (`RunState.arena`; lists of rows may lie anywhere) go through
 * its SIMD kernels, all others through plain loops: the same numbers up to rounding.
 */

/**
 * For each chosen row r of the pattern: out[k] = sum over its entries e of weights[e] * scale[column] * table[column].
 * @param weights [entries]
 * @param table [columns, width]
 * @param out [rows.length, width], overwritten
 * @param scale [columns]; absent: 1
 */
export function gatherRowSums(
  pattern: SparsePattern,
  weights: Float32Array,
  rows: Uint32Array,
  table: Float32Array,
  width: number,
  out: Float32Array,
  scale?: Float32Array,
): void {
  const kernels = findKernels(table, out, weights, pattern.offsets, pattern.columns, scale) ?? plainRows;
  kernels.gatherRowSums(pattern, weights, rows, table, width, out, scale);
}

/**
 * The transposed of `gatherRowSums`: table[column of e] += weights[e] * rowValues[k] for each entry e of each chosen row.
 * @param rowValues [rows.length, width]
 * @param table [columns, width], added to
 */
export function scatterRowSums(
  pattern: SparsePattern,
  weights: Float32Array,
  rows: Uint32Array,
  rowValues: Float32Array,
  width: number,
  table: Float32Array,
): void {
  const kernels = findKernels(table, rowValues, weights, pattern.offsets, pattern.columns) ?? plainRows;
  kernels.scatterRowSums(pattern, weights, rows, rowValues, width, table);
}

/** table[rows[k]] += values[k]; rows may repeat. @param values [rows.length, width] */
export function addRows(values: Float32Array, rows: Uint32Array, width: number, table: Float32Array): void {
  const kernels = findKernels(table, values) ?? plainRows;
  kernels.addRows(values, rows, width, table);
}

/** Copies of the chosen rows, one after the other. @param out [rows.length, width]; absent: a new array */
export function takeRows(
  table: Float32Array,
  width: number,
  rows: Uint32Array,
  out: Float32Array = new Float32Array(rows.length * width),
): Float32Array {
  const kernels = findKernels(table, out) ?? plainRows;
  kernels.takeRows(table, rows, width, out);
  return out;
}

/** 1 / |row| of every row; a row of zeros has 1e6. @param out [R] */
export function inverseNorms(table: Float32Array, width: number, out: Float32Array): void {
  const kernels = findKernels(table, out) ?? plainRows;
  kernels.inverseNorms(table, width, out);
}

/**
 * Brings the gradient of unit vectors Q = q / |q| to the rows q themselves, in place: (g - (g . Q) Q) / |q|.
 * @param gradient [R, width]
 * @param table [R, width]: q
 * @param norms [R]: 1 / |q|
 * @param rows those to bring, distinct
 */
export function projectRows(
  gradient: Float32Array,
  table: Float32Array,
  norms: Float32Array,
  rows: Uint32Array,
  width: number,
): void {
  const kernels = findKernels(table, gradient, norms) ?? plainRows;
  kernels.projectRows(gradient, table, norms, rows, width);
}
