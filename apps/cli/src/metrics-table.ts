import type { EvaluateResult } from '@kindred/pipeline';
import { formatMetric, renderTable } from './output.js';

const SHOWN = ['precision@10', 'recall@20', 'ndcg@20', 'hitRate@10', 'mrr@10', 'coverage@10'] as const;

/** The model first, then the baselines, the best one first. */
export function metricsTable({ metrics, intervals, baselines, testUsers, against }: EvaluateResult): string {
  const row = (name: string, values: Readonly<Record<string, number>>) => [
    name,
    ...SHOWN.map((metric) => formatMetric(values[metric])),
  ];
  const ranked = Object.entries(baselines).sort(([, a], [, b]) => (b['ndcg@20'] ?? 0) - (a['ndcg@20'] ?? 0));
  const rows = [row('this model', metrics), ...ranked.map(([name, values]) => row(name, values))];
  const [low, high] = intervals['ndcg@20'] ?? [];
  const interval = low === undefined ? '' : `; 95 % interval of ndcg@20 ${formatMetric(low)} to ${formatMetric(high)}`;
  const compared =
    against === undefined
      ? ''
      : `\nagainst ${against.modelId}: ndcg@20 ${against.difference >= 0 ? '+' : ''}${formatMetric(against.difference)} (${against.interval.map(formatMetric).join(' to ')}, p ${against.pValue.toFixed(3)})`;
  return `${renderTable(['', ...SHOWN], rows)}\n${testUsers} test users, whole catalogue ranked, seen items left out${interval}${compared}`;
}
