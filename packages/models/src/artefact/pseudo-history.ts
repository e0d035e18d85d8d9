/** Items that somebody does not have, and that are counted as if they half had them. */
export interface PseudoItems {
  /** [k] none of the history's own */
  readonly items: Uint32Array;
  /** What each counts beside a real item of mean strength, > 0. */
  readonly weight: number;
}

/** The history with its pseudo-items behind it, as entries of their own. */
export function withPseudoItems(
  items: Uint32Array,
  strengths: Float32Array,
  pseudo: PseudoItems | undefined,
): { readonly items: Uint32Array; readonly strengths: Float32Array } {
  if (pseudo === undefined) return { items, strengths };
  const joined = new Uint32Array(items.length + pseudo.items.length);
  joined.set(items);
  joined.set(pseudo.items, items.length);
  const weights = new Float32Array(joined.length).fill(pseudo.weight * meanPositive(strengths), items.length);
  weights.set(strengths);
  return { items: joined, strengths: weights };
}

function meanPositive(strengths: Float32Array): number {
  const positive = strengths.filter((strength) => strength > 0);
  return positive.reduce((sum, strength) => sum + strength, 0) / positive.length;
}
