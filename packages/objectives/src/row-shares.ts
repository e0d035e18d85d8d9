/** Each row's share of a weighted mean; without weights all the same. [B], sums to 1 */
export function rowShares(weights: Float32Array | undefined, batch: number): Float32Array {
  if (weights === undefined) return new Float32Array(batch).fill(1 / batch);
  let total = 0;
  for (const weight of weights) total += weight;
  return weights.map((weight) => weight / total);
}
