import type { BeyondName } from '../beyond-accuracy.js';
import type { Comparison } from '../compare.js';
import { METRIC_KINDS, type MetricName } from '../ranking-metrics.js';
import { html, type Markup } from './markup.js';
import { metricLabel } from './metric-labels.js';
import { bytesText, countText, metricText, percentText, pValueText, secondsText } from './number-text.js';
import { primaryCutoff, type ReportInput, type ReportMethod } from './report-input.js';
import { settingsText } from './settings-text.js';
import { winnerOf } from './winner.js';

/** Methods down, metrics at the primary cutoff across; the best of each column stands out. */
export function summaryTable(input: ReportInput): Markup {
  const cutoff = primaryCutoff(input);
  const names = METRIC_KINDS.map((kind): MetricName => `${kind}@${cutoff}`);
  const hasNovelty = input.methods.some(({ evaluation }) => evaluation.beyond[`novelty@${cutoff}`] !== undefined);
  const rows = input.methods.map(
    (method, at) => html`<tr><th scope="row"><span class="dot c${at % 8}"></span>${method.name}</th>
${names.map((name) => metricCell(input.methods, method, name))}
<td>${shareText(method, `coverage@${cutoff}`)}</td><td>${metricText(method.evaluation.beyond[`gini@${cutoff}`])}</td>
${hasNovelty ? html`<td>${bitsText(method, `novelty@${cutoff}`)}</td>` : undefined}</tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Method</th>${names.map((name) => html`<th scope="col">${metricLabel(name)}</th>`)}
<th scope="col">Coverage</th><th scope="col">Gini</th>${hasNovelty ? html`<th scope="col">Novelty</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Every metric at every cutoff. */
export function fullTable(input: ReportInput): Markup {
  const cutoffs = input.methods[0]?.evaluation.cutoffs ?? [];
  const rows = METRIC_KINDS.flatMap((kind) =>
    cutoffs.map((cutoff): Markup => {
      const name: MetricName = `${kind}@${cutoff}`;
      return html`<tr><th scope="row">${metricLabel(name)}</th>${input.methods.map((method) => metricCell(input.methods, method, name))}</tr>`;
    }),
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Metric</th>${input.methods.map((method) => html`<th scope="col">${method.name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Differences between methods, with what chance could do. */
export function comparisonTable(comparisons: readonly Comparison[]): Markup {
  const rows = comparisons.map(
    (
      c,
    ) => html`<tr><th scope="row" class="pair">${c.a} against ${c.b}</th><td>${metricLabel(c.metric)}</td><td>${signed(c.difference)}</td>
<td>${signed(c.interval[0])} to ${signed(c.interval[1])}</td><td>${pValueText(c.pPermutation)}</td>
<td>${countText(c.wins)} / ${countText(c.losses)} / ${countText(c.ties)}</td><td class="text">${verdict(c)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Pair</th><th scope="col">Metric</th><th scope="col">Difference</th><th scope="col">Interval</th>
<th scope="col">p (chance)</th><th scope="col">Better / worse / equal users</th><th scope="col" class="text">In words</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Settings, engine, seed, time and memory of each method. */
export function settingsTable(methods: readonly ReportMethod[]): Markup {
  const isMemoryKnown = methods.some(({ peakRssBytes }) => peakRssBytes !== undefined);
  const memoryCell = ({ peakRssBytes }: ReportMethod) =>
    isMemoryKnown ? html`<td>${peakRssBytes === undefined ? '–' : bytesText(peakRssBytes)}</td>` : undefined;
  const rows = methods.map(
    (
      method,
    ) => html`<tr><th scope="row">${method.name}</th><td class="text settings">${settingsText(method.settings ?? {}) || 'none'}</td><td class="text">${method.engine ?? '–'}</td><td>${method.seed ?? '–'}</td>
<td>${method.seconds === undefined ? '–' : secondsText(method.seconds.train)}</td><td>${method.seconds === undefined ? '–' : secondsText(method.seconds.total)}</td>${memoryCell(method)}</tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Method</th><th scope="col" class="text">Settings</th><th scope="col" class="text">Engine</th><th scope="col">Seed</th>
<th scope="col">Training</th><th scope="col">In all</th>${isMemoryKnown ? html`<th scope="col">Peak memory</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function metricCell(methods: readonly ReportMethod[], method: ReportMethod, name: MetricName): Markup {
  const value = method.evaluation.metrics[name];
  const best = Math.max(...methods.map((other) => other.evaluation.metrics[name] ?? Number.NEGATIVE_INFINITY));
  const interval = method.evaluation.intervals[name];
  const spread =
    interval === undefined ? undefined : html`<small>${metricText(interval[0])}–${metricText(interval[1])}</small>`;
  return html`<td class="${value === best && methods.length > 1 ? 'best' : ''}">${metricText(value)}${spread}</td>`;
}

function verdict(comparison: Comparison): string {
  const winner = winnerOf(comparison);
  return winner === undefined ? 'may be chance' : `${winner} is better`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${metricText(Math.abs(value))}`;
}

function shareText(method: ReportMethod, name: BeyondName): string {
  const value = method.evaluation.beyond[name];
  return value === undefined ? '–' : percentText(value);
}

function bitsText(method: ReportMethod, name: BeyondName): string {
  const value = method.evaluation.beyond[name];
  return value === undefined ? '–' : `${value.toFixed(1)} bits`;
}
