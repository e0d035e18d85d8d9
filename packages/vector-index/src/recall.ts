import { scan } from './exact-scan.js';
import type { VectorIndex } from './vector-index.js';

/**
 * Recall@k of an index against exact scan, averaged over the queries. An answer counts as found when its score
 * reaches the k-th best exact score, so ties at the border are no misses.
 * @param vectors [size, dimensions] what the index was built from
 * @param queries [count, dimensions] real user vectors
 */
export function measureRecall(index: VectorIndex, vectors: Float32Array, queries: Float32Array, k: number): number {
  return recallAgainst(index, queries, exactBorders(vectors, queries, index.dimensions, k), k);
}

/** The score of each query's k-th best vector (of the last, where there are fewer). [count]; NaN without vectors */
export function exactBorders(
  vectors: Float32Array,
  queries: Float32Array,
  dimensions: number,
  k: number,
): Float64Array {
  return Float64Array.from({ length: queries.length / dimensions }, (_, q) => {
    const query = queries.subarray(q * dimensions, (q + 1) * dimensions);
    return scan(query, vectors, k).scores.at(-1) ?? Number.NaN;
  });
}

/** `measureRecall` against borders that are known. */
export function recallAgainst(index: VectorIndex, queries: Float32Array, borders: Float64Array, k: number): number {
  const wanted = Math.min(k, index.size);
  if (borders.length === 0 || wanted === 0) return 1;
  let found = 0;
  borders.forEach((border, q) => {
    const query = queries.subarray(q * index.dimensions, (q + 1) * index.dimensions);
    const tolerance = 1e-5 * Math.max(1, Math.abs(border));
    for (const score of index.search(query, wanted).scores) if (score >= border - tolerance) found++;
  });
  return found / (borders.length * wanted);
}
