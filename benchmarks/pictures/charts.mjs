// Two sorts of charts that pictures of results are made of: lines over a scale, and bars of stacked parts.
import { FAINT, label, line, linearScale, text } from '../leaderboard/picture.mjs';

const LEGEND_ROW = 20;
const BAR = { row: 26, height: 16 };

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {string} colour
 * @property {{x: number, y: number}[]} points x: where it is drawn, y: the value
 * @property {boolean} [isScattered] points only, without a line through them
 */

/**
 * A panel for each of the first sets that have runs.
 * @param {object[]} runs records @param {{from: number, to: number}[]} places one for each panel
 * @param {(set: string, runs: object[], place: {from: number, to: number}) => string[]} panel
 * @returns {string[]} marks
 */
export function panelsOfSets(runs, places, panel) {
  const done = runs.filter(({ status }) => status === 'done');
  const sets = [...new Set(done.map(({ set }) => set))].slice(0, places.length);
  return sets.flatMap((set, k) => {
    const own = done.filter((run) => run.set === set);
    return panel(set, own, places[k]);
  });
}

/**
 * Values (up) by anything (right), with a legend to the right.
 * @param {{title: string, from: number, to: number, top: number, bottom: number, ticks: {x: number, label: string}[],
 *   series: Series[], least?: number}} panel least: where the values begin, default 0; what is below is not drawn
 * @returns {string[]} marks
 */
export function linePanel({ title, from, to, top, bottom, ticks, series, least = 0 }) {
  const largest = Math.max(...series.flatMap(({ points }) => points.map(({ y }) => y)));
  const height = linearScale(largest, bottom, top, least);
  const shown = series.map((each) => ({ ...each, points: each.points.filter(({ y }) => y >= least) }));
  return [
    text(from, top - 18, title),
    ...height.ticks.flatMap((value) => [
      line(from, height.at(value), to, height.at(value), FAINT),
      text(from - 8, height.at(value) + 4, label(value), 'text-anchor="end"'),
    ]),
    ...ticks.map(({ x, label: name }) => text(x, bottom + 18, name, 'text-anchor="middle"')),
    ...shown.flatMap((each) => seriesMarks(each, height)),
    ...shown.flatMap((each, index) => legendMarks(each, to + 16, top + 10 + LEGEND_ROW * index)),
  ];
}

function seriesMarks({ colour, points, isScattered = false }, height) {
  const places = points.map(({ x, y }) => [x, height.at(y)]);
  const segments = isScattered
    ? []
    : places.slice(1).map(([x, y], k) => line(places[k][0], places[k][1], x, y, colour, 2));
  return [...segments, ...places.map(([x, y]) => dot(x, y, colour))];
}

function dot(x, y, colour) {
  return `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`;
}

function legendMarks({ name, colour, isScattered = false }, x, y) {
  return [isScattered ? dot(x + 9, y - 4, colour) : line(x, y - 4, x + 18, y - 4, colour, 2), text(x + 24, y, name)];
}

/**
 * Bars of parts, one below the other, each with its total, and the legend of the parts above them.
 * @param {{from: number, to: number, top: number, unit: string, colours: Record<string, string>,
 *   rows: {name: string, parts: Record<string, number>, total: number}[]}} panel
 * @returns {{marks: string[], bottom: number}}
 */
export function barPanel({ from, to, top, unit, colours, rows }) {
  const scale = linearScale(Math.max(...rows.map(({ total }) => total)), from, to);
  const bottom = top + rows.length * BAR.row;
  const marks = [
    ...barLegend(colours, from, top - 18),
    ...scale.ticks.flatMap((value) => [
      line(scale.at(value), top, scale.at(value), bottom, FAINT),
      text(scale.at(value), bottom + 18, `${label(value)} ${unit}`, 'text-anchor="middle"'),
    ]),
    ...rows.flatMap((row, k) => barMarks(row, top + k * BAR.row, { from, scale, colours, unit })),
  ];
  return { marks, bottom: bottom + 18 };
}

function barLegend(colours, from, y) {
  let x = from;
  return Object.entries(colours).flatMap(([name, colour]) => {
    const at = x;
    x += 24 + 7 * name.length;
    return [`<rect x="${at}" y="${y - 10}" width="12" height="12" fill="${colour}"/>`, text(at + 16, y, name)];
  });
}

function barMarks({ name, parts, total }, y, { from, scale, colours, unit }) {
  const top = y + (BAR.row - BAR.height) / 2;
  let before = 0;
  const bars = Object.entries(colours).map(([part, colour]) => {
    const start = scale.at(before);
    before += parts[part] ?? 0;
    const width = Math.round(10 * (scale.at(before) - start)) / 10;
    return `<rect x="${start}" y="${top}" width="${width}" height="${BAR.height}" fill="${colour}"/>`;
  });
  return [
    text(from - 10, top + 12, name, 'text-anchor="end"'),
    ...bars,
    text(scale.at(total) + 8, top + 12, `${total.toFixed(total < 10 ? 1 : 0)} ${unit}`),
  ];
}
