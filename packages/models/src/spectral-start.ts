import type { Engine } from '@kindred/compute';
import type { Random, SparseMatrix } from '@kindred/domain';
import { normalisedInteractions, topRightSingular } from './randomised-svd.js';
import { declareSetting } from './settings.js';
import { gatherRowSums } from './sparse-rows.js';

/** How exact the start is. */
export const START_ITERATIONS = declareSetting(
  'startIterations',
  6,
  [0, 50],
  'Subspace iterations of the spectral start.',
  {
    whole: true,
    why: 'Six find 99.5 % of the variance of 128 directions on MovieLens-100K and 98.4 % on Last.fm (docs/log.md); two rank the same after a whole training there, and fewer lose up to .5 % in short ones.',
  },
);

/** Directions whose share of the largest is below this are numerical noise in single precision. */
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
 * interactions), V * sqrt(s) and U * sqrt(s), divided by the mean row length of the items. Directions beyond the rank of
 * the data get small random values.
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
  const key = `${engine.name} ${dimensions} ${iterations} ${random.save().join()} ${withUsers}`;
  const known = latest.get(history);
  if (known?.key === key) return known.tables;
  const tables = await computeStart(engine, history, dimensions, iterations, random, withUsers);
  latest.set(history, { key, tables });
  return tables;
}

/** The last start of each matrix: probes begin many trainings on one. Whoever gets it copies it. */
const latest = new WeakMap<SparseMatrix, { readonly key: string; readonly tables: SpectralTables }>();

async function computeStart(
  engine: Engine,
  history: SparseMatrix,
  dimensions: number,
  iterations: number,
  random: Random,
  withUsers: boolean,
): Promise<SpectralTables> {
  const scaled = normalisedInteractions(history);
  const matmul = engine.matmul.bind(engine);
  const { values, vectors, kept } = await topRightSingular(matmul, scaled, dimensions, iterations, random);
  const roots = Float32Array.from(values, Math.sqrt);
  const items = vectors.map((value, k) => value * (roots[k % kept] as number)); // V sqrt(s)
  const scale = history.columnCount / rowLengths(items, kept);
  const itemTable = filled(items, kept, dimensions, scale, random);
  if (!withUsers) return { items: itemTable, users: undefined };
  const users = new Float32Array(history.rowCount * kept); // S V = U s
  const everybody = Uint32Array.from({ length: history.rowCount }, (_, row) => row);
  gatherRowSums(scaled, scaled.values, everybody, vectors, kept, users);
  for (let k = 0; k < users.length; k++) {
    const root = roots[k % kept] as number;
    users[k] = root > 0 ? (users[k] as number) / root : 0;
  }
  return { items: itemTable, users: filled(users, kept, dimensions, scale, random) };
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

/**
 * The rows found, times the scale, and small random values where a column, or a row without any pair, holds nothing.
 * @param found [R, kept]
 * @returns [R, dimensions]
 */
function filled(found: Float32Array, kept: number, dimensions: number, scale: number, random: Random): Float32Array {
  const rows = found.length / kept;
  const columnSquares = new Float64Array(dimensions);
  for (let k = 0; k < found.length; k++) {
    columnSquares[k % kept] = (columnSquares[k % kept] as number) + (found[k] as number) ** 2;
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
