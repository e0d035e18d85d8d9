/**
 * p-values of several tests asked at once, adjusted so that the chance of even one false finding stays below the level
 * that they are compared with (Holm, 1979): the i-th smallest of m times m - i + 1, never below one that was smaller.
 * @returns in the order given
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  order.forEach((test, rank) => {
    least = Math.max(least, Math.min(1, (pValues.length - rank) * (pValues[test] as number)));
    adjusted[test] = least;
  });
  return adjusted;
}
