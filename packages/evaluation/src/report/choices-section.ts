import { html, type Markup } from './markup.js';
import { errorText, metricText, secondsText } from './number-text.js';
import type { ReportChoices, ReportMethod } from './report-input.js';
import { settingsText } from './settings-text.js';

/** What validation chose of the settings left open: each short training, each way to rank, and why. */
export function choicesSection(methods: readonly ReportMethod[]): Markup | undefined {
  const parts = methods.flatMap(({ name, choices }) => (choices === undefined ? [] : [choicesPart(name, choices)]));
  return parts.length === 0 ? undefined : html`<h2>Chosen on validation</h2>${parts}`;
}

function choicesPart(method: string, choices: ReportChoices): Markup {
  const { settings, probes, shrinkage, union } = choices;
  const seconds = probes.reduce((sum, probe) => sum + probe.seconds, 0);
  const chosen = settingsText(settings);
  const because = [shrinkage?.because ?? [], union?.because ?? []].flat().join('; ');
  return html`<h3>${method}</h3><p>${probes.length} short trainings, ${secondsText(seconds)}, on validation alone; what is better beyond chance replaces what the rules say.
${chosen === '' ? undefined : html`Chosen: ${chosen}.`} ${because === '' ? undefined : html`Why: ${because}.`}</p>
${probeTable(choices)}${union === undefined ? undefined : candidateTable(union.candidates)}`;
}

function probeTable({ probes, kept }: ReportChoices): Markup {
  const rows = probes.map(
    (
      { settings, serving, ndcg, error, seconds },
      at,
    ) => html`<tr><th scope="row">${at + 1}${at + 1 === kept ? ' (kept)' : ''}</th>
<td class="text">${settingsText(settings) || 'what the rules say'}</td><td class="text settings">${settingsText(serving)}</td>
<td>${metricText(ndcg)}</td><td>${errorText(error)}</td><td>${secondsText(seconds)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Probe</th><th scope="col" class="text">Settings</th><th scope="col" class="text">Served with</th>
<th scope="col">NDCG@20 on validation</th><th scope="col">Standard error</th><th scope="col">Time</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function candidateTable(candidates: NonNullable<ReportChoices['union']>['candidates']): Markup | undefined {
  if (candidates.length === 0) return undefined;
  const rows = candidates.map(
    ({ name, ndcg, error }) =>
      html`<tr><th scope="row">${name}</th><td>${metricText(ndcg)}</td><td>${errorText(error)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Ranked by</th><th scope="col">NDCG@20 on validation</th><th scope="col">Standard error</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
