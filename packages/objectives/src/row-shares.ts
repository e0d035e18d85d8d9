/**
 * Each row's share of a weighted mean.
 * @param weights [B], > 0; undefined: all 1
 * @returns [B], sums to 1
 */
export function rowShares(weights: Float32Array | undefined, batch: number): Float32Array {
  if (weights === undefined) return new Float32Array(batch).fill(1 / batch);
  let total = 0;
  for (const weight of weights) total += weight;
  return weights.map((weight) => weight / total);
}
