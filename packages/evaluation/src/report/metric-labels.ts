/** Names of metrics as people write them. */
const LABELS: Readonly<Record<string, string>> = {
  precision: 'Precision',
  recall: 'Recall',
  ndcg: 'NDCG',
  hitRate: 'Hit rate',
  map: 'MAP',
  mrr: 'MRR',
  coverage: 'Coverage',
  gini: 'Gini',
  novelty: 'Novelty',
};

/** `ndcg@20` → `NDCG@20` */
export function metricLabel(name: string): string {
  const [kind = '', cutoff = ''] = name.split('@');
  return `${LABELS[kind] ?? kind}@${cutoff}`;
}
