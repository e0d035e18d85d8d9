import { html, type Markup } from './markup.js';
import { countedText } from './number-text.js';
import type { ReportMethod, ReportSegments } from './report-input.js';

/** How many segments of users models have, and by which figures; nothing where no model has any. */
export function segmentsSection(methods: readonly ReportMethod[]): Markup | undefined {
  const parts = methods.flatMap(({ name, segments }) => (segments === undefined ? [] : [partOf(name, segments)]));
  if (parts.length === 0) return undefined;
  return html`<h2>Segments of users</h2>${parts}`;
}

function partOf(name: string, { count, foundBy, candidates, because }: ReportSegments): Markup {
  const how = foundBy === 'k-means' ? 'by k-means on the vectors of the users' : 'by the method itself';
  const sentence = html`<p>${name}: ${countedText(count, 'segment')} ${how}; ${because}.</p>`;
  if (candidates === undefined || candidates.length < 2) return sentence;
  const rows = candidates.map(
    (candidate) =>
      html`<tr><th scope="row">${candidate.count}${candidate.count === count ? ' (kept)' : ''}</th><td>${plain(candidate.stability)}</td><td>${plain(candidate.silhouette)}</td></tr>`,
  );
  return html`${sentence}<p>Found again: adjusted Rand index against the segments of other seeds, 1 is the same, 0 is chance. Silhouette: how far apart they are, 1 at most.</p>
<div class="wide"><table><thead><tr><th scope="col">Segments</th><th scope="col">Found again</th><th scope="col">Silhouette</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function plain(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(2);
}
