/**
 * The metrics by their definitions in the contract, from lists and the pairs to be found. Written for the tests, in
 * another way than packages/evaluation does it.
 * @param lists user → recommended items, best first
 * @param wanted user → items to be found
 */
export function recomputedMetrics(
  lists: ReadonlyMap<string, readonly string[]>,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  k: number,
): Record<string, number> {
  const sums = { precision: 0, recall: 0, ndcg: 0, hitRate: 0, map: 0, mrr: 0 };
  for (const [user, items] of wanted) {
    const hits = (lists.get(user) ?? []).slice(0, k).map((item) => items.has(item));
    const found = hits.filter(Boolean).length;
    const most = Math.min(k, items.size);
    const discount = (rank: number) => 1 / Math.log2(rank + 1);
    const gain = hits.reduce((sum, hit, at) => sum + (hit ? discount(at + 1) : 0), 0);
    const ideal = Array.from({ length: most }, (_, at) => discount(at + 1)).reduce((a, b) => a + b, 0);
    const precisions = hits.map((hit, at) => (hit ? hits.slice(0, at + 1).filter(Boolean).length / (at + 1) : 0));
    const firstHit = hits.indexOf(true);
    sums.precision += found / k;
    sums.recall += found / items.size;
    sums.ndcg += gain / ideal;
    sums.hitRate += found > 0 ? 1 : 0;
    sums.map += precisions.reduce((a, b) => a + b, 0) / most;
    sums.mrr += firstHit < 0 ? 0 : 1 / (firstHit + 1);
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [`${name}@${k}`, sum / wanted.size]));
}

/** Groups rows of (user, value) by user, in their order. */
export function byUser(rows: readonly (readonly string[])[], column: number): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const row of rows)
    groups.set(row[0] as string, [...(groups.get(row[0] as string) ?? []), row[column] as string]);
  return groups;
}
