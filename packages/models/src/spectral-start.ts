import { type Arena, createArena, type Engine } from '@kindred/compute';
import { columnDegrees, type Random, rowDegrees, type SparseMatrix, transpose } from '@kindred/domain';
import { gatherRowSums } from './sparse-rows.js';
import { symmetricEigen } from './symmetric-eigen.js';

const OVERSAMPLED = 16;
/** Rows of a Gram matrix multiplied at once. */
const GRAM_ROWS = 65_536;
/** Directions whose variance is below this share of the largest are numerical noise in single precision. */
const NEGLIGIBLE = 1e-6;
/** Length of the random rows that fill the directions that the data does not have. */
const FILLED = 0.05;

/** Where the tables start. */
export interface SpectralTables {
  /** V sqrt(s), divided by its mean row length. [I, dimensions] */
  readonly items: Float32Array;
  /** U sqrt(s), divided by the same, when it was asked for. [U, dimensions] */
  readonly users: Float32Array | undefined;
}

/**
 * Where the tables start: both sides of the top singular triples of S = D_u^-1/2 R D_i^-1/2 (R the binary
 * interactions), V * sqrt(s) and U * sqrt(s), divided by the mean row length of the items; by randomised subspace iteration (Halko, Martinsson and
 * Tropp, 2011) with 16 columns to spare. Directions beyond the rank of the data get small random values.
 * @param history [U, I]
 */
export async function spectralStart(
  engine: Engine,
  history: SparseMatrix,
  dimensions: number,
  iterations: number,
  random: Random,
  withUsers = false,
): Promise<SpectralTables> {
  const { rowCount: users, columnCount: items } = history;
  const width = Math.min(dimensions + OVERSAMPLED, users, items);
  const arena = createArena();
  const scaled = placed(normalised(history), arena);
  const back = placed(transpose(scaled), arena);
  const allUsers = countTo(users);
  const allItems = countTo(items);
  const left = arena.floats(users * width);
  const right = arena.place(normals(items * width, random));
  const basis = arena.floats(items * width); // Q, [I, width]
  await orthonormal(engine, right, items, width, basis);
  for (let iteration = 0; iteration < iterations; iteration++) {
    gatherRowSums(scaled, scaled.values, allUsers, basis, width, left); // S Q
    gatherRowSums(back, back.values, allItems, left, width, right); // S^T S Q
    await orthonormal(engine, right, items, width, basis);
  }
  gatherRowSums(scaled, scaled.values, allUsers, basis, width, left);
  const { values, vectors } = symmetricEigen(await gram(engine, left, users, width), width);

  // S Q = U s W^T, so that S's right singular vectors are Q W; s = sqrt(eigenvalue of the Gram matrix).
  const kept = Math.min(dimensions, width);
  const turn = new Float32Array(width * kept);
  for (let c = 0; c < kept; c++) {
    const root = Math.max(0, values[c] as number) ** 0.25; // sqrt(s)
    for (let r = 0; r < width; r++) turn[r * kept + c] = (vectors[r * width + c] as number) * root;
  }
  const found = await engine.matmul(basis, [items, width], turn, [width, kept]);
  const scale = items / rowLengths(found, kept);
  const itemTable = filled(found, items, kept, dimensions, scale, random);
  if (!withUsers) return { items: itemTable, users: undefined };
  // U sqrt(s) = S Q W s^-1/2, and turn is W s^1/2.
  const userTurn = turn.map((value, k) => {
    const singular = Math.sqrt(Math.max(0, values[k % kept] as number));
    return singular > 0 ? value / singular : 0;
  });
  const foundUsers = await engine.matmul(left, [users, width], userTurn, [width, kept]);
  return { items: itemTable, users: filled(foundUsers, users, kept, dimensions, scale, random) };
}

/** Sum of the lengths of the rows. */
function rowLengths(table: Float32Array, width: number): number {
  let lengths = 0;
  for (let start = 0; start < table.length; start += width) {
    let squared = 0;
    for (let k = start; k < start + width; k++) squared += (table[k] as number) ** 2;
    lengths += Math.sqrt(squared);
  }
  return lengths;
}

/** An orthonormal basis of the columns' span; columns beyond its rank are zero. @param out [rows, width] */
async function orthonormal(
  engine: Engine,
  tall: Float32Array,
  rows: number,
  width: number,
  out: Float32Array,
): Promise<void> {
  const { values, vectors } = symmetricEigen(await gram(engine, tall, rows, width), width);
  const turn = new Float32Array(width * width);
  for (let c = 0; c < width; c++) {
    const value = values[c] as number;
    if (value <= NEGLIGIBLE * (values[0] as number)) break;
    for (let r = 0; r < width; r++) turn[r * width + c] = (vectors[r * width + c] as number) / Math.sqrt(value);
  }
  await engine.matmul(tall, [rows, width], turn, [width, width], { out });
}

/**
 * A^T A, some rows at a time: single precision is left to short sums, and an engine never needs a copy of all of A.
 * [width, width]
 */
export async function gram(
  engine: Engine,
  tall: Float32Array,
  rows: number,
  width: number,
  rowsAtOnce = GRAM_ROWS,
): Promise<Float64Array> {
  const total = new Float64Array(width * width);
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const part = tall.subarray(start * width, Math.min(rows, start + rowsAtOnce) * width);
    const shape = [part.length / width, width] as const;
    const product = await engine.matmul(part, shape, part, shape, { transposeA: true });
    for (let k = 0; k < total.length; k++) total[k] = (total[k] as number) + (product[k] as number);
  }
  return total;
}

/**
 * The rows found, times the scale, and small random values where a column, or a row without any pair, holds nothing.
 * @param found [rows, kept]
 * @returns [rows, dimensions]
 */
function filled(
  found: Float32Array,
  rows: number,
  kept: number,
  dimensions: number,
  scale: number,
  random: Random,
): Float32Array {
  const columnSquares = new Float64Array(dimensions);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < kept; c++) {
      columnSquares[c] = (columnSquares[c] as number) + (found[r * kept + c] as number) ** 2;
    }
  }
  const largest = Math.max(...columnSquares);
  const table = new Float32Array(rows * dimensions);
  for (let r = 0; r < rows; r++) {
    const unseen = (found[r * kept] as number) === 0 && found.subarray(r * kept, (r + 1) * kept).every((x) => x === 0);
    for (let c = 0; c < dimensions; c++) {
      const empty = unseen || c >= kept || (columnSquares[c] as number) <= NEGLIGIBLE * largest;
      table[r * dimensions + c] = empty
        ? (FILLED * random.normal()) / Math.sqrt(dimensions)
        : (found[r * kept + c] as number) * scale;
    }
  }
  return table;
}

/** S: each entry 1 / sqrt(row degree * column degree). */
function normalised(history: SparseMatrix): SparseMatrix {
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

function placed(matrix: SparseMatrix, arena: Arena): SparseMatrix {
  const { offsets, columns, values } = matrix;
  return { ...matrix, offsets: arena.place(offsets), columns: arena.place(columns), values: arena.place(values) };
}

function normals(count: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => random.normal());
}

function countTo(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, k) => k);
}
