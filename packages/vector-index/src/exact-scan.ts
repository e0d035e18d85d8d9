import { KindredError, TopK } from '@kindred/domain';
import type { Neighbours, VectorIndex } from './vector-index.js';

/** Refuses a query that no index could answer. */
export function checkQuery(query: Float32Array, dimensions: number): void {
  if (query.length !== dimensions) {
    throw new KindredError('REQUEST_INVALID', `the query has ${query.length} dimensions, the index ${dimensions}`);
  }
  for (const value of query) {
    if (!Number.isFinite(value))
      throw new KindredError('REQUEST_INVALID', 'the query holds a value that is not finite');
  }
}

/** Inner product of the query with one row, in the precision of scores: what looks equal is a tie. */
export function innerProduct(query: Float32Array, vectors: Float32Array, row: number): number {
  const start = row * query.length;
  let sum = 0;
  for (let d = 0; d < query.length; d++) sum += (query[d] as number) * (vectors[start + d] as number);
  return Math.fround(sum);
}

/**
 * Scores every row, or only the allowed ones: the oracle of the approximate index, and the faster way when
 * few rows are allowed.
 * @param vectors [size, dimensions]
 */
export function scan(
  query: Float32Array,
  vectors: Float32Array,
  k: number,
  allowed?: Iterable<number> | undefined,
): Neighbours {
  const size = vectors.length / query.length;
  const best = new TopK(Math.min(k, size));
  if (allowed === undefined) {
    for (let row = 0; row < size; row++) best.offer(innerProduct(query, vectors, row), row);
  } else {
    for (const row of allowed) best.offer(innerProduct(query, vectors, row), row);
  }
  const found = { positions: new Uint32Array(best.size), scores: new Float32Array(best.size) };
  best.drain(found.positions, found.scores);
  return found;
}

/** An index that looks at every vector. */
export class ExactScan implements VectorIndex {
  readonly driver = 'exact';
  readonly dimensions: number;
  readonly #vectors: Float32Array;
  efSearch = 0;

  /** @param vectors [size, dimensions], not copied */
  constructor(vectors: Float32Array, dimensions: number) {
    this.#vectors = vectors;
    this.dimensions = dimensions;
  }

  get size(): number {
    return this.#vectors.length / this.dimensions;
  }

  search(query: Float32Array, k: number): Neighbours {
    checkQuery(query, this.dimensions);
    return scan(query, this.#vectors, k);
  }
}
