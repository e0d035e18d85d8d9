import { html, type Markup } from './markup.js';
import { metricText } from './number-text.js';
import type { ReportAugmentation, ReportMethod } from './report-input.js';

/** What may help users with few items: every source beside none, and what was decided. */
export function augmentationSection(methods: readonly ReportMethod[]): Markup | undefined {
  const parts = methods.flatMap(({ name, augmentation }) =>
    augmentation === undefined ? [] : [augmentationPart(name, augmentation)],
  );
  return parts.length === 0 ? undefined : html`<h2>Users with few items</h2>${parts}`;
}

function augmentationPart(method: string, augmentation: ReportAugmentation): Markup {
  const { arms, leftOut = [], augmentation: taken, because, users, sparseUsers, trainedUsers } = augmentation;
  const rows = arms.map(
    ({ source, count, weight, ndcg, without, difference, interval: [low, high], p, sparse }) =>
      html`<tr><th scope="row">${source}${source === taken?.source ? ' (kept)' : ''}</th><td>${count > 0 ? `${count} items of weight ${weight}` : `prior × ${1 + weight}`}</td>
<td>${metricText(ndcg)}</td><td>${metricText(without)}</td><td>${signed(difference)}</td><td>${signed(low)} to ${signed(high)}</td><td>${p.toFixed(3)}</td><td>${sparseText(sparse)}</td></tr>`,
  );
  const measured =
    users > 0
      ? `Measured on ${users} users of validation, of whom no more than 1, 2, 3 and 5 items were told; how much of each was chosen on other users.\n`
      : '';
  const explained = html`<h3>${method}</h3><p>For a user with fewer than 8 items popularity can count for more, or items that they might have too can join their history, each counted as a part of one.
${measured}${sparseUsers} of ${trainedUsers} trained users have so few. Why: ${because}.${leftOut.map((each) => ` Left out, for it learned nothing: ${each.source} (${each.because}).`)}</p>`;
  if (arms.length === 0) return explained;
  return html`${explained}
<div class="wide"><table><thead><tr><th scope="col">Source</th><th scope="col">What, beside a single item</th>
<th scope="col">NDCG@20 on validation</th><th scope="col">Without</th><th scope="col">Difference</th><th scope="col">95 % interval</th><th scope="col">p (Holm)</th><th scope="col">Those who have so few by themselves</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function sparseText({ users, ndcg, without }: ReportAugmentation['arms'][number]['sparse']): string {
  return users > 0 ? `${metricText(ndcg)}, without ${metricText(without)} (${users})` : '';
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${metricText(Math.abs(value))}`;
}
