/** The rows of both views, the first's before the second's. [2B, …] */
export function bothViews(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The two halves of what `bothViews` has put together, sharing its memory. */
export function eachView(both: Float32Array): { first: Float32Array; second: Float32Array } {
  const half = both.length / 2;
  return { first: both.subarray(0, half), second: both.subarray(half) };
}
