/**
 * How far two divisions of the same things agree, beyond chance (Hubert and Arabie, Journal of Classification 1985): of
 * the pairs that stand together in one, how many stand together in the other, less what is expected of random divisions
 * with groups of the same sizes. 1: the same but for the names of the groups; 0: as good as random; below 0: worse.
 * Where nothing can be told apart, in one group each or alone each in both, it is 1.
 * @param first [n]: group of each
 * @param second [n], in the same order
 * @throws RangeError when the lengths differ
 */
export function adjustedRandIndex(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const { length } = first;
  if (second.length !== length) throw new RangeError(`divisions of ${length} and of ${second.length} things`);
  const [rows, columns] = [new Map<number, number>(), new Map<number, number>()];
  const cells = new Map<number, Map<number, number>>();
  for (let k = 0; k < length; k++) {
    const [a, b] = [first[k] as number, second[k] as number];
    count(rows, a);
    count(columns, b);
    const row = cells.get(a) ?? new Map<number, number>();
    cells.set(a, row);
    count(row, b);
  }
  const together = [...cells.values()].reduce((sum, row) => sum + pairsOf(row), 0);
  const [inFirst, inSecond] = [pairsOf(rows), pairsOf(columns)];
  const expected = length < 2 ? 0 : (inFirst * inSecond) / ((length * (length - 1)) / 2);
  const most = (inFirst + inSecond) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function count(counts: Map<number, number>, group: number): void {
  counts.set(group, (counts.get(group) ?? 0) + 1);
}

/** Pairs that stand together in some group. */
function pairsOf(sizes: ReadonlyMap<number, number>): number {
  let pairs = 0;
  for (const size of sizes.values()) pairs += (size * (size - 1)) / 2;
  return pairs;
}
