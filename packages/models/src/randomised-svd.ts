import { type Arena, createArena } from '@kindred/compute';
import { columnDegrees, type Random, rowDegrees, type SparseMatrix, symmetricEigen, transpose } from '@kindred/domain';
import type { Matmul } from './baselines/matmul.js';
import { orthonormalTurn } from './cholesky.js';
import { gatherRowSums } from './sparse-rows.js';

const OVERSAMPLED = 16;
/** Rows of a Gram matrix multiplied at once. */
const GRAM_ROWS = 65_536;
/** What a column adds to the span of those before it, as a share of its squared length: less is noise of single precision. */
const NEGLIGIBLE = 1e-6;

/** The largest singular values of a matrix with their right singular vectors. */
export interface RightSingular {
  /** [kept], descending */
  readonly values: Float64Array;
  /** [columns, kept]: vector k is column k; zero beyond the rank of the matrix */
  readonly vectors: Float32Array;
  /** At most as many as were asked for: no matrix has more than it has rows or columns. */
  readonly kept: number;
}

/**
 * The top right singular triples of a sparse matrix by randomised subspace iteration (Halko, Martinsson and Tropp, 2011)
 * with 16 columns to spare. The basis is made orthonormal after every half step, so that a spectrum may fall off steeply
 * (counts of interactions do) without its tail being lost in single precision. Two sparse products of width rank + 16 an
 * iteration, and two tall ones that `matmul` does.
 * @param matrix [rows, columns]
 */
export async function topRightSingular(
  matmul: Matmul,
  matrix: SparseMatrix,
  rank: number,
  iterations: number,
  random: Random,
): Promise<RightSingular> {
  const { rowCount, columnCount } = matrix;
  const width = Math.min(rank + OVERSAMPLED, rowCount, columnCount);
  const arena = createArena();
  const along = placed(matrix, arena);
  const back = placed(transpose(matrix), arena);
  const allRows = countTo(rowCount);
  const allColumns = countTo(columnCount);
  const left = arena.floats(rowCount * width);
  const right = arena.place(Float32Array.from({ length: columnCount * width }, () => random.normal()));
  right.set(await orthonormal(matmul, right, columnCount, width)); // Q, [columns, width]
  for (let iteration = 0; iteration < iterations; iteration++) {
    gatherRowSums(along, along.values, allRows, right, width, left); // A Q
    left.set(await orthonormal(matmul, left, rowCount, width));
    gatherRowSums(back, back.values, allColumns, left, width, right); // A^T of it
    right.set(await orthonormal(matmul, right, columnCount, width));
  }
  // A Q = U s W^T, so that A's right singular vectors are Q W; s = sqrt(eigenvalue of the Gram matrix).
  gatherRowSums(along, along.values, allRows, right, width, left);
  const { values, vectors } = symmetricEigen(await gram(matmul, left, rowCount, width), width);
  const kept = Math.min(rank, width);
  const turn = new Float32Array(width * kept);
  for (let r = 0; r < width; r++) {
    for (let c = 0; c < kept; c++) turn[r * kept + c] = vectors[r * width + c] as number;
  }
  return {
    values: Float64Array.from({ length: kept }, (_, k) => Math.sqrt(Math.max(0, values[k] as number))),
    vectors: await matmul(right, [columnCount, width], turn, [width, kept]),
    kept,
  };
}

/** S = D_u^-1/2 R D_i^-1/2 of the binary interactions R: each entry 1 / sqrt(row degree * column degree). */
export function normalisedInteractions(history: SparseMatrix): SparseMatrix {
  const rows = rowDegrees(history);
  const columns = columnDegrees(history);
  const values = new Float32Array(history.columns.length);
  for (let r = 0; r < history.rowCount; r++) {
    for (let e = history.offsets[r] as number; e < (history.offsets[r + 1] as number); e++) {
      values[e] = 1 / Math.sqrt((rows[r] as number) * (columns[history.columns[e] as number] as number));
    }
  }
  return { ...history, values };
}

/**
 * A^T A, some rows at a time: single precision is left to short sums, and an engine never needs a copy of all of A.
 * [width, width]
 */
export async function gram(
  matmul: Matmul,
  tall: Float32Array,
  rows: number,
  width: number,
  rowsAtOnce = GRAM_ROWS,
): Promise<Float64Array> {
  const total = new Float64Array(width * width);
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const part = tall.subarray(start * width, Math.min(rows, start + rowsAtOnce) * width);
    const shape = [part.length / width, width] as const;
    const product = await matmul(part, shape, part, shape, { transposeA: true });
    for (let k = 0; k < total.length; k++) total[k] = (total[k] as number) + (product[k] as number);
  }
  return total;
}

/** An orthonormal basis of the columns' span; a column that lies in the span of those before it becomes zero. [rows, width] */
async function orthonormal(matmul: Matmul, tall: Float32Array, rows: number, width: number): Promise<Float32Array> {
  const turn = orthonormalTurn(await gram(matmul, tall, rows, width), width, NEGLIGIBLE);
  return matmul(tall, [rows, width], turn, [width, width]);
}

/** A copy where the loops over rows are fast. */
function placed(matrix: SparseMatrix, arena: Arena): SparseMatrix {
  const { offsets, columns, values } = matrix;
  return { ...matrix, offsets: arena.place(offsets), columns: arena.place(columns), values: arena.place(values) };
}

function countTo(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, k) => k);
}
