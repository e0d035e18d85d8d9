import type { MetricName } from '../ranking-metrics.js';
import { metricLabel } from './metric-labels.js';
import { metricText } from './number-text.js';
import { primaryMetric, type ReportInput, type ReportMethod } from './report-input.js';
import { winnerOf } from './winner.js';

/** The one sentence to take away: who is first, by how much, and whether chance could have made it. */
export function headline(input: ReportInput): string {
  const metric = primaryMetric(input);
  const figureOf = (method: ReportMethod) => method.evaluation.metrics[metric] ?? Number.NaN;
  const ranked = [...input.methods].sort((a, b) => figureOf(b) - figureOf(a));
  const [best, second] = ranked as [ReportMethod, ReportMethod | undefined];
  const value = `${metricLabel(metric)} ${metricText(figureOf(best))}`;
  if (second === undefined) return `${best.name} reaches ${value}.`;
  if (figureOf(best) === 0) return `None of the ${ranked.length} methods finds anything that was held out: ${value}.`;
  const gain = figureOf(best) / figureOf(second) - 1;
  if (gain === 0) return `${best.name} and ${second.name} are level, first of ${ranked.length} methods with ${value}.`;
  const by = Number.isFinite(gain) ? `, ${(gain * 100).toFixed(1)} % above ${second.name}` : '';
  return `${best.name} is first of ${ranked.length} methods with ${value}${by}${doubt(input, best.name, second.name, metric)}.`;
}

function doubt({ comparisons }: ReportInput, best: string, second: string, metric: MetricName): string {
  const comparison = comparisons?.find(
    ({ a, b, metric: compared }) => compared === metric && [a, b].includes(best) && [a, b].includes(second),
  );
  if (comparison === undefined) return '';
  return winnerOf(comparison) === best
    ? ', more than chance would make'
    : ', but chance alone could make that difference';
}
