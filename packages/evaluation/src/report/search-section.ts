import { html, type Markup } from './markup.js';
import { errorText, metricText, secondsText } from './number-text.js';
import type { ReportMethod, ReportSearch } from './report-input.js';
import { asSentence } from './sentence.js';
import { settingsText } from './settings-text.js';

/** Which settings were searched on validation, what each trial came to, and which ones were kept. */
export function searchSection(methods: readonly ReportMethod[]): Markup | undefined {
  const parts = methods.flatMap(({ name, search }) => (search === undefined ? [] : [searchPart(name, search)]));
  return parts.length === 0 ? undefined : html`<h2>Settings that were searched</h2>${parts}`;
}

function searchPart(method: string, search: ReportSearch): Markup {
  const { kind, trials, seed, searched, verdict, seconds } = search;
  const best = Math.max(...search.rows.map((row) => row.validationNdcg ?? Number.NEGATIVE_INFINITY));
  const rows = search.rows.map(
    (row) => html`<tr><th scope="row">${row.trial}${row.trial === search.kept ? ' (kept)' : ''}</th>
<td class="text settings">${row.trial === 1 ? 'the defaults' : settingsText(row.settings)}</td>
<td class="${row.validationNdcg === best ? 'best' : ''}">${row.refused === undefined ? metricText(row.validationNdcg) : 'no model'}</td>
<td>${errorText(row.validationError)}</td><td>${row.epochs ?? '–'}</td>
<td>${row.seconds === undefined ? '–' : secondsText(row.seconds)}</td></tr>`,
  );
  return html`<h3>${method}</h3><p>A ${kind} search of ${searched.join(', ')} in ${trials} trials (seed ${seed}), ${secondsText(seconds)} of training, on validation alone. ${asSentence(verdict)}</p>
<details open><summary>Every trial</summary><div class="wide"><table><thead><tr><th scope="col">Trial</th><th scope="col" class="text">Settings</th><th scope="col">NDCG@20 on validation</th>
<th scope="col">Standard error</th><th scope="col">Epochs</th><th scope="col">Training</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
