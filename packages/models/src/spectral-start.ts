import { type Arena, createArena, type Engine } from '@kindred/compute';
import { columnDegrees, type Random, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { gatherRowSums, scatterRowSums } from './sparse-rows.js';
import { symmetricEigen } from './symmetric-eigen.js';

const OVERSAMPLED = 16;
/** Users whose rows of S Q are in memory at once. */
const BLOCK_USERS = 16_384;
/** Rows of a Gram matrix multiplied at once. */
const GRAM_ROWS = 65_536;
/** Directions whose variance is below this share of the largest are numerical noise in single precision. */
const NEGLIGIBLE = 1e-6;
/** Length of the random rows that fill the directions that the data does not have. */
const FILLED = 0.05;

/**
 * Where the tables start: the item side of the top singular triples of S = D_u^-1/2 R D_i^-1/2 (R the binary
 * interactions), V * sqrt(s), divided by its mean row length; by randomised subspace iteration (Halko, Martinsson and
 * Tropp, 2011) with 16 columns to spare. Directions beyond the rank of the data get small random values.
 * @param history [U, I]
 * @returns [I, dimensions]
 */
export async function spectralStart(
  engine: Engine,
  history: SparseMatrix,
  dimensions: number,
  iterations: number,
  random: Random,
): Promise<Float32Array> {
  const { rowCount: users, columnCount: items } = history;
  const width = Math.min(dimensions + OVERSAMPLED, users, items);
  const arena = createArena();
  const scaled = placed(normalised(history), arena);
  const block = arena.floats(Math.min(users, BLOCK_USERS) * width);
  const right = arena.place(normals(items * width, random));
  const basis = arena.floats(items * width); // Q, [I, width]
  /** S Q, some users at a time: all of it would be the largest array of a training with many users. */
  function* blocks(): Generator<{ rows: Uint32Array; part: Float32Array }> {
    for (let start = 0; start < users; start += BLOCK_USERS) {
      const count = Math.min(BLOCK_USERS, users - start);
      const rows = Uint32Array.from({ length: count }, (_, k) => start + k);
      const part = block.subarray(0, count * width);
      gatherRowSums(scaled, scaled.values, rows, basis, width, part);
      yield { rows, part };
    }
  }
  await orthonormal(engine, right, items, width, basis);
  for (let iteration = 0; iteration < iterations; iteration++) {
    right.fill(0);
    for (const { rows, part } of blocks()) scatterRowSums(scaled, scaled.values, rows, part, width, right); // S^T S Q
    await orthonormal(engine, right, items, width, basis);
  }
  const squares = new Float64Array(width * width);
  for (const { rows, part } of blocks()) {
    const product = await gram(engine, part, rows.length, width);
    for (let k = 0; k < squares.length; k++) squares[k] = (squares[k] as number) + (product[k] as number);
  }
  const { values, vectors } = symmetricEigen(squares, width);

  // S Q = U s W^T, so that S's right singular vectors are Q W; s = sqrt(eigenvalue of the Gram matrix).
  const kept = Math.min(dimensions, width);
  const turn = new Float32Array(width * kept);
  for (let c = 0; c < kept; c++) {
    const root = Math.max(0, values[c] as number) ** 0.25; // sqrt(s)
    for (let r = 0; r < width; r++) turn[r * kept + c] = (vectors[r * width + c] as number) * root;
  }
  const found = await engine.matmul(basis, [items, width], turn, [width, kept]);
  return filled(found, items, kept, dimensions, random);
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

/** Mean row length 1, then small random values where a column, or an item that nobody has, holds nothing. [rows, dimensions] */
function filled(found: Float32Array, rows: number, kept: number, dimensions: number, random: Random): Float32Array {
  let lengths = 0;
  const columnSquares = new Float64Array(dimensions);
  for (let r = 0; r < rows; r++) {
    let squared = 0;
    for (let c = 0; c < kept; c++) {
      const square = (found[r * kept + c] as number) ** 2;
      squared += square;
      columnSquares[c] = (columnSquares[c] as number) + square;
    }
    lengths += Math.sqrt(squared);
  }
  const scale = rows / lengths;
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
