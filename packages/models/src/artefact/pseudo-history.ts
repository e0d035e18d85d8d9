/** Items that somebody does not have, and that are counted as if they half had them. */
export interface PseudoItems {
  /** [k] none of the history's own, the likeliest first */
  readonly items: Uint32Array;
  /** What each counts beside a real item of mean strength, > 0. */
  readonly weight: number;
}

export interface JoinedHistory {
  readonly items: Uint32Array;
  readonly strengths: Float32Array;
  readonly times: Float64Array | undefined;
}

/**
 * The history with its pseudo-items behind it, as entries of their own. In time they come before all that is real, the
 * likeliest last: who reads the newest items alone drops guesses first, the least likely before the others.
 * @param times [n]; undefined: the order given is the order in time
 */
export function withPseudoItems(
  items: Uint32Array,
  strengths: Float32Array,
  times: Float64Array | undefined,
  pseudo: PseudoItems | undefined,
): JoinedHistory {
  if (pseudo === undefined) return { items, strengths, times };
  const joined = new Uint32Array(items.length + pseudo.items.length);
  joined.set(items);
  joined.set(pseudo.items, items.length);
  const weights = new Float32Array(joined.length).fill(pseudo.weight * meanPositive(strengths), items.length);
  weights.set(strengths);
  const known = times ?? Float64Array.from(items.keys());
  const oldest = known.reduce((least, time) => Math.min(least, time), 0);
  const order = Float64Array.from(joined, (_, k) => known[k] ?? oldest - 1 - (k - items.length));
  return { items: joined, strengths: weights, times: order };
}

function meanPositive(strengths: Float32Array): number {
  const positive = strengths.filter((strength) => strength > 0);
  return positive.reduce((sum, strength) => sum + strength, 0) / positive.length;
}
