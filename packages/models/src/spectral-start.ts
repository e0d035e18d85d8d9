import type { Engine } from '@kindred/compute';
import type { Random, SparseMatrix } from '@kindred/domain';
import { normalisedInteractions, topRightSingular } from './randomised-svd.js';

/** Directions whose share of the largest is below this are numerical noise in single precision. */
const NEGLIGIBLE = 1e-6;
/** Length of the random rows that fill the directions that the data does not have. */
const FILLED = 0.05;

/**
 * Where the tables start: the item side of the top singular triples of S = D_u^-1/2 R D_i^-1/2 (R the binary
 * interactions), V * sqrt(s), divided by its mean row length. Directions beyond the rank of the data get small random
 * values.
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
  const scaled = normalisedInteractions(history);
  const matmul = engine.matmul.bind(engine);
  const { values, vectors, kept } = await topRightSingular(matmul, scaled, dimensions, iterations, random);
  const roots = Float32Array.from(values, Math.sqrt);
  for (let k = 0; k < vectors.length; k++) vectors[k] = (vectors[k] as number) * (roots[k % kept] as number);
  return filled(vectors, history.columnCount, kept, dimensions, random);
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
