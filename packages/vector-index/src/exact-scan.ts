import { KindredError } from '@kindred/domain';
import { TopK } from './top-k.js';
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

/** Inner product of the query with one row. */
export function innerProduct(query: Float32Array, vectors: Float32Array, row: number): number {
  const start = row * query.length;
  let sum = 0;
  for (let d = 0; d < query.length; d++) sum += (query[d] as number) * (vectors[start + d] as number);
  return sum;
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
    for (let row = 0; row < size; row++) best.offer(row, innerProduct(query, vectors, row));
  } else {
    for (const row of allowed) best.offer(row, innerProduct(query, vectors, row));
  }
  return best.sorted();
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
