import type { LinearProbe } from '../representation/linear-probe.js';
import type { Representation } from '../representation/representation.js';
import { html, type Markup } from './markup.js';
import { percentText } from './number-text.js';
import type { ReportInput } from './report-input.js';

/** What each column of the table is, in words. */
const COLUMNS: readonly (readonly [heading: string, cell: (of: Representation) => string])[] = [
  ['Alignment', ({ alignment }) => plain(alignment)],
  ['Uniformity, users', ({ userUniformity }) => plain(userUniformity)],
  ['Uniformity, items', ({ itemUniformity }) => plain(itemUniformity)],
  ['Effective rank, users', ({ userEffectiveRank, dimensions }) => rankText(userEffectiveRank, dimensions)],
  ['Effective rank, items', ({ itemEffectiveRank, dimensions }) => rankText(itemEffectiveRank, dimensions)],
  ['Hubness of items', ({ itemHubness }) => plain(itemHubness)],
  ['Silhouette of segments', ({ silhouette, segments }) => `${plain(silhouette)} (${segments})`],
  ['Found again', ({ stability }) => plain(stability)],
  ['Category from item', ({ categoryProbe }) => probeText(categoryProbe)],
  ['Activity from user', ({ activityProbe }) => probeText(activityProbe)],
];

/** How the vectors of the learned methods lie; nothing where no method has any. */
export function vectorsSection(input: ReportInput): Markup | undefined {
  const rows = input.methods.flatMap(({ name, representation }, at) =>
    representation === undefined
      ? []
      : [
          html`<tr><th scope="row"><span class="dot c${at % 8}"></span>${name}</th>${COLUMNS.map(([, cell]) => html`<td>${cell(representation)}</td>`)}</tr>`,
        ],
  );
  if (rows.length === 0) return undefined;
  return html`<h2>Vectors</h2><p>How the learned vectors lie, beside how they rank. Alignment: mean squared distance of users from their items, lower is nearer. Uniformity: lower is more even.
Effective rank: directions in use, of those there are. Hubness: skewness of how often an item is among the ten nearest of others, 0 is none. Silhouette: how far segments of users are apart, 1 at most. Found again: adjusted Rand index of the segments against those of other seeds, 1 is the same, 0 is chance.
Probes: share of classes that a linear rule tells, against the most frequent class.</p>
<div class="wide"><table><thead><tr><th scope="col">Method</th>${COLUMNS.map(([heading]) => html`<th scope="col">${heading}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function plain(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(2);
}

function rankText(rank: number, dimensions: number): string {
  return `${rank.toFixed(1)} of ${dimensions}`;
}

function probeText(probe: LinearProbe | undefined): string {
  return probe === undefined ? '–' : `${percentText(probe.accuracy)} against ${percentText(probe.majority)}`;
}
