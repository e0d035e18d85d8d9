import { KindredError } from '@kindred/domain';
import type { Bucket } from '../buckets.js';
import type { MetricName } from '../ranking-metrics.js';
import { augmentationSection } from './augmentation-section.js';
import { type BarGroup, barChart } from './bar-chart.js';
import { choicesSection } from './choices-section.js';
import { columnsInWords, definitions } from './definitions.js';
import { generationSection } from './generation-section.js';
import { headline } from './headline.js';
import { type Line, lineChart } from './line-chart.js';
import { html, type Markup } from './markup.js';
import { metricLabel } from './metric-labels.js';
import { countedText, countText, percentText, percentTick } from './number-text.js';
import { primaryCutoff, primaryMetric, type ReportInput, type ReportMethod } from './report-input.js';
import { REPORT_STYLE } from './report-style.js';
import { searchSection } from './search-section.js';
import { segmentsSection } from './segments-section.js';
import { comparisonTable, fullTable, settingsTable, summaryTable } from './tables.js';
import { vectorsSection } from './vectors-section.js';

/**
 * One page that explains an evaluation: tables, bars with intervals, buckets, exposure and learning curves.
 * Self-contained: no script, no font, no picture from outside; a content security policy in it forbids them.
 * The same input gives the same bytes.
 * @throws KindredError EVALUATION_INVALID when there is no method
 */
export function renderReport(input: ReportInput): string {
  if (input.methods.length === 0) throw new KindredError('EVALUATION_INVALID', 'a report needs at least one method');
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${input.title}</title><style>`;
  const body = html`</style></head><body><main>
${header(input)}${summary(input)}${metricBars(input)}${bucketSection(input)}${exposureSection(input)}${curveSection(input)}${generationSection(input)}${vectorsSection(input)}${segmentsSection(input.methods)}${comparisonSection(input)}${choicesSection(input.methods)}${augmentationSection(input.methods)}${searchSection(input.methods)}
<h2>How each method was run</h2>${settingsTable(input.methods)}
<h2>Every metric</h2><details><summary>All metrics at all cutoffs</summary>${fullTable(input)}</details>
${definitions()}</main></body></html>
`;
  return page.text + REPORT_STYLE + body.text;
}

function header(input: ReportInput): Markup {
  const { users, items, train, test } = input.dataset;
  const density = users * items === 0 ? 0 : train / (users * items);
  const facts: [string, string][] = [
    [countText(users), 'users'],
    [countText(items), 'items'],
    [countText(train), 'interactions to learn from'],
    [countText(test), 'held out, to be found'],
    [`${(density * 100).toPrecision(2)} %`, 'of all possible user–item pairs'],
  ];
  return html`<h1>${input.title}</h1>${input.subtitle === undefined ? undefined : html`<p>${input.subtitle}</p>`}${input.createdAt === undefined ? undefined : html`<p>Made ${input.createdAt.slice(0, 16).replace('T', ' ')} UTC</p>`}
<p class="headline">${headline(input)}</p>
<ul class="facts">${facts.map(([value, label]) => html`<li><b>${value}</b><span>${label}</span></li>`)}</ul>
${(input.notes ?? []).map((note) => html`<p>${note}</p>`)}`;
}

function summary(input: ReportInput): Markup {
  const hasIntervals = input.methods.some(({ evaluation }) => Object.keys(evaluation.intervals).length > 0);
  return html`<h2>Results</h2><p>Means over users; the whole catalogue is ranked, nothing is sampled.${hasIntervals ? ' Small figures: 95 % bootstrap interval over users.' : ''}${input.methods.length > 1 ? ' Shaded: the best of a column.' : ''}</p>${summaryTable(input)}${columnsInWords(primaryCutoff(input))}`;
}

function metricBars(input: ReportInput): Markup {
  const cutoff = primaryCutoff(input);
  const names: MetricName[] = [
    ...new Set<MetricName>([
      primaryMetric(input),
      `ndcg@${cutoff}`,
      `recall@${cutoff}`,
      `precision@${cutoff}`,
      `hitRate@${cutoff}`,
    ]),
  ].slice(0, 4);
  const cards = names.map((name) => {
    const groups = input.methods.map((method, at): BarGroup => {
      const interval = method.evaluation.intervals[name];
      return {
        label: method.name,
        bars: [{ name: metricLabel(name), value: metricOf(method, name), interval, colour: at % 8 }],
      };
    });
    return html`<div class="card"><h3>${metricLabel(name)}</h3>${barChart(metricLabel(name), groups)}</div>`;
  });
  return html`<div class="cards">${cards}</div>`;
}

function bucketSection(input: ReportInput): Markup | undefined {
  const cutoff = primaryCutoff(input);
  const activity = bucketCard(
    input,
    'activity',
    primaryMetric(input),
    'By activity of the user',
    'Users by how many items they have, in fifths; users of equal length stay together. Those without a history are left out here.',
  );
  const popularity = bucketCard(
    input,
    'popularity',
    `recall@${cutoff}`,
    'By popularity of the item',
    'Items by how many users have them. Head: those that hold half of all interactions; mid: the next three tenths; tail: the rest.',
  );
  if (activity === undefined && popularity === undefined) return undefined;
  return html`<h2>For whom, and for what</h2><p>A mean hides who it is made of: users with few items and rare items are where methods differ.</p>${legend(input)}<div class="cards">${activity}${popularity}</div>`;
}

function bucketCard(
  input: ReportInput,
  by: Bucket['by'],
  metric: MetricName,
  title: string,
  explanation: string,
): Markup | undefined {
  const buckets = input.methods[0]?.evaluation.buckets.filter((bucket) => bucket.by === by) ?? [];
  if (buckets.length === 0) return undefined;
  const groups = buckets.map((bucket): BarGroup => {
    const range = bucket.from === bucket.to ? `${bucket.from}` : `${bucket.from}–${bucket.to}`;
    const size = bucket.items === undefined ? countedText(bucket.users, 'user') : countedText(bucket.items, 'item');
    const bars = input.methods.flatMap((method, at) => {
      const same = method.evaluation.buckets.find((other) => other.by === by && other.name === bucket.name);
      return same === undefined
        ? []
        : [{ name: method.name, value: same.metrics[metric] ?? Number.NaN, colour: at % 8 }];
    });
    return {
      label: bucket.name,
      note: `${range} ${by === 'activity' ? 'item' : 'user'}${bucket.to === 1 ? '' : 's'} · ${size}`,
      bars,
    };
  });
  return html`<div class="card"><h3>${title}: ${metricLabel(metric)}</h3>${barChart(title, groups)}<p>${explanation}</p></div>`;
}

function exposureSection(input: ReportInput): Markup {
  const cutoff = primaryCutoff(input);
  const coverage = input.methods.map(
    (method, at): BarGroup => ({
      label: method.name,
      bars: [{ name: 'coverage', value: method.evaluation.beyond[`coverage@${cutoff}`] ?? 0, colour: at % 8 }],
    }),
  );
  const curves = exposureCard(input);
  return html`<h2>Popularity and coverage</h2>${curves === undefined ? undefined : legend(input, 'what users took themselves')}<div class="cards">${curves}
<div class="card"><h3>Share of the catalogue that anyone is shown (coverage@${cutoff})</h3>${barChart('Coverage', coverage, percentText, percentTick)}</div></div>`;
}

function exposureCard(input: ReportInput): Markup | undefined {
  const lines = input.methods.flatMap(({ name, evaluation }, at): Line[] =>
    evaluation.exposure === undefined
      ? []
      : [
          {
            name,
            colour: at % 8,
            points: evaluation.exposure.recommended.map((share, percent) => [percent / 100, share]),
          },
        ],
  );
  const exposure = input.methods.find(({ evaluation }) => evaluation.exposure !== undefined)?.evaluation.exposure;
  if (exposure === undefined) return undefined;
  const trained: Line = {
    name: 'what users took themselves',
    colour: 0,
    isDashed: true,
    points: exposure.trained.map((share, percent) => [percent / 100, share]),
  };
  const chart = lineChart([trained, ...lines], {
    title: 'Popularity of what is recommended',
    xLabel: 'most popular share of the catalogue',
    yLabel: `share of top ${exposure.cutoff} places`,
    xDomain: [0, 1],
    yDomain: [0, 1],
    tickText: percentTick,
  });
  return html`<div class="card"><h3>How much goes to the popular items</h3>${chart}<p>At 10 % across: how much of what is shown belongs to the tenth of the items that is most popular. A line above the dashed one favours popular items more than the users themselves did.</p></div>`;
}

function curveSection(input: ReportInput): Markup | undefined {
  const learned = input.methods.flatMap((method, at) =>
    method.curve === undefined || method.curve.length === 0 ? [] : [{ method, colour: at % 8, curve: method.curve }],
  );
  if (learned.length === 0) return undefined;
  const cards = learned.flatMap(({ method, colour, curve }) => {
    const losses = curve.flatMap(({ epoch, loss }): [number, number][] => (loss === undefined ? [] : [[epoch, loss]]));
    const checks = curve.flatMap(({ epoch, validation }): [number, number][] =>
      validation === undefined ? [] : [[epoch, validation]],
    );
    const best = checks.reduce((top, point) => (point[1] > top[1] ? point : top), [0, Number.NEGATIVE_INFINITY]);
    const label =
      input.validationMetric === undefined ? 'Validation' : `Validation ${metricLabel(input.validationMetric)}`;
    const kept = method.keptEpoch ?? best[0];
    return [
      curveCard(
        `${method.name}: training loss`,
        'loss',
        { name: method.name, colour, points: losses },
        'Lower is better; no measure between methods, for each has a loss of its own.',
      ),
      curveCard(
        `${method.name}: ${label}`,
        label,
        { name: method.name, colour, points: checks },
        `The dot is epoch ${kept}: so long was the measured model trained.`,
        kept,
      ),
    ];
  });
  return html`<h2>Learning</h2><p>An epoch is one pass over everything there is to learn from; validation is a part that was held back to choose by.</p><div class="cards">${cards}</div>`;
}

function curveCard(title: string, yLabel: string, line: Line, note: string, markX?: number): Markup | undefined {
  if (line.points.length === 0) return undefined;
  return html`<div class="card"><h3>${title}</h3>${lineChart([line], { title, xLabel: 'epoch', yLabel, isWholeX: true, markX })}<p>${note}</p></div>`;
}

function comparisonSection(input: ReportInput): Markup | undefined {
  if (input.comparisons === undefined || input.comparisons.length === 0) return undefined;
  return html`<h2>Is the difference real?</h2><p>Paired over the same users: the 95 % bootstrap interval of the difference, and a sign-flip permutation test; p is how often chance alone would make a difference as large.</p>${comparisonTable(input.comparisons)}`;
}

function legend(input: ReportInput, dashed?: string): Markup {
  const methods = input.methods.map(
    (method, at) => html`<span><span class="dot c${at % 8}"></span>${method.name}</span>`,
  );
  return html`<div class="legend">${methods}${dashed === undefined ? undefined : html`<span><span class="dash"></span>${dashed}</span>`}</div>`;
}

function metricOf(method: ReportMethod, name: MetricName): number {
  return method.evaluation.metrics[name] ?? Number.NaN;
}
