import { scan } from './exact-scan.js';
import type { VectorIndex } from './vector-index.js';

/**
 * Recall@k of an index against exact scan, averaged over the queries. An answer counts as found when its score
 * reaches the k-th best exact score, so ties at the border are no misses.
 * @param vectors [size, dimensions] what the index was built from
 * @param queries [count, dimensions] real user vectors
 */
export function measureRecall(index: VectorIndex, vectors: Float32Array, queries: Float32Array, k: number): number {
  const count = queries.length / index.dimensions;
  const wanted = Math.min(k, index.size);
  if (count === 0 || wanted === 0) return 1;
  let found = 0;
  for (let q = 0; q < count; q++) {
    const query = queries.subarray(q * index.dimensions, (q + 1) * index.dimensions);
    const exact = scan(query, vectors, wanted);
    const worst = exact.scores[wanted - 1] as number;
    const tolerance = 1e-5 * Math.max(1, Math.abs(worst));
    for (const score of index.search(query, wanted).scores) if (score >= worst - tolerance) found++;
  }
  return found / (count * wanted);
}
