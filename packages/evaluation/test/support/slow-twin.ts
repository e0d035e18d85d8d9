/** The definitions of the metrics, read off the page: whole sorts, sets, one user at a time. The oracle of the fast way. */
export function slowRanking(scores: readonly number[], masked: ReadonlySet<number>): number[] {
  return scores
    .map((score, item) => ({ score: Math.fround(score), item }))
    .filter(({ item }) => !masked.has(item))
    .sort((a, b) => b.score - a.score || a.item - b.item)
    .map(({ item }) => item);
}

export function slowMetrics(ranking: readonly number[], relevant: ReadonlySet<number>, unknown: number, k: number) {
  const list = ranking.slice(0, k);
  const hits = list.filter((item) => relevant.has(item));
  const total = relevant.size + unknown;
  const best = Math.min(k, total);
  const discount = (rank: number) => 1 / Math.log2(rank + 1);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const ranksOfHits = list.flatMap((item, at) => (relevant.has(item) ? [at + 1] : []));
  const first = ranksOfHits[0];
  return {
    precision: hits.length / k,
    recall: hits.length / total,
    ndcg: sum(ranksOfHits.map(discount)) / sum(Array.from({ length: best }, (_, at) => discount(at + 1))),
    hitRate: hits.length > 0 ? 1 : 0,
    map: sum(ranksOfHits.map((rank, at) => (at + 1) / rank)) / best,
    mrr: first === undefined ? 0 : 1 / first,
  };
}
