/** The rows of several batches of equal size, one batch after the other. */
export function stackRows(...batches: readonly Float32Array[]): Float32Array {
  const stacked = new Float32Array(batches.reduce((length, batch) => length + batch.length, 0));
  let at = 0;
  for (const batch of batches) {
    stacked.set(batch, at);
    at += batch.length;
  }
  return stacked;
}

/** What belongs to the k-th of `count` stacked batches, sharing memory. */
export function stackedPart(stacked: Float32Array, k: number, count: number): Float32Array {
  const length = stacked.length / count;
  return stacked.subarray(k * length, (k + 1) * length);
}
