/** From so many real items on nothing is added to a history. */
export const ENOUGH_ITEMS = 8;

/**
 * What each pseudo-item counts beside a real item, in a history of n real ones: the given weight for n = 1, less with
 * every further item, nothing from `ENOUGH_ITEMS` on,
 *   w(n) = w0 (8 - n) / 7
 * An empty history gets none: popularity alone answers it.
 */
export function pseudoWeight(weight: number, realItems: number): number {
  if (realItems < 1 || realItems >= ENOUGH_ITEMS) return 0;
  return (weight * (ENOUGH_ITEMS - realItems)) / (ENOUGH_ITEMS - 1);
}
