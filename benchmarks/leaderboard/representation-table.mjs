// How the vectors of learned methods lie, of the runs whose records say it, as a table below that of the ranking.
import { alignedTable } from '../aligned-table.mjs';
import { share } from './figure-text.mjs';

/** Each column in the order of docs/representation.md. */
const COLUMNS = [
  ['alignment', ({ alignment }) => plain(alignment)],
  ['uniformity, users', ({ userUniformity }) => plain(userUniformity)],
  ['items', ({ itemUniformity }) => plain(itemUniformity)],
  ['effective rank, users', (of) => rankText(of.userEffectiveRank, of.dimensions)],
  ['items', (of) => rankText(of.itemEffectiveRank, of.dimensions)],
  ['hubness', ({ itemHubness }) => plain(itemHubness)],
  ['silhouette', ({ silhouette }) => plain(silhouette)],
  ['category probe', ({ categoryProbe }) => probeText(categoryProbe)],
  ['activity probe', ({ activityProbe }) => probeText(activityProbe)],
];

/** @param {import('./summary.mjs').MethodRow[]} rows @returns {string[]} lines of Markdown; none where no row has figures */
export function representationTable(rows) {
  const measured = rows.filter(({ representation }) => representation !== undefined);
  if (measured.length === 0) return [];
  const cells = measured.map(({ method, representation }) => [
    method,
    ...COLUMNS.map(([, cell]) => cell(representation)),
  ]);
  return ['### Representation', '', ...alignedTable(['method', ...COLUMNS.map(([name]) => name)], cells, 1), ''];
}

function plain(value) {
  return value === undefined ? '–' : value.toFixed(2).replace('-', '−');
}

/** Directions in use, of those there are. */
function rankText(rank, dimensions) {
  return rank === undefined ? '–' : `${rank.toFixed(1)} of ${dimensions.toFixed(0)}`;
}

/** Share told by a linear rule, beside that of the most frequent class. */
function probeText(probe) {
  return probe === undefined ? '–' : `${share(probe.accuracy)}, beside ${share(probe.majority)}`;
}
