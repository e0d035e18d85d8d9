// A set's results as a picture: NDCG@20 with its interval for each method, and against the seconds of training.

const ROW = 22;
const WIDTH = 980;
const LEFT = { from: 130, to: 470 };
const RIGHT = { from: 560, to: 880 };
const TOP = 58;
const INK = '#1f2933';
const FAINT = '#d5dbe1';
const LEARNED = '#1864ab';

/** @param {{title: string, rows: import('./summary.mjs').MethodRow[]}} summary @returns {string} SVG */
export function setPicture({ title, rows }) {
  const bottom = TOP + Math.max(6, rows.length) * ROW;
  const ndcg = scaleOf([0, ...rows.map(({ interval }) => interval[1])], LEFT.from, LEFT.to);
  const height = scaleOf([0, ...rows.map(({ metrics }) => metrics['ndcg@20'])], bottom, TOP);
  const seconds = scaleOf(
    rows.map((row) => Math.log10(atLeast(row.seconds))),
    RIGHT.from,
    RIGHT.to,
  );
  const marks = [
    text(16, 24, title, 'font-size="15" font-weight="600"'),
    text(LEFT.from, 46, 'NDCG@20, 95 % interval over users'),
    text(RIGHT.from, 46, 'NDCG@20 against seconds of training (log)'),
    ...ticks(ndcg).flatMap((value) => [
      line(ndcg.at(value), TOP, ndcg.at(value), bottom, FAINT),
      text(ndcg.at(value), bottom + 16, label(value), 'text-anchor="middle"'),
    ]),
    ...ticks(height).flatMap((value) => [
      line(RIGHT.from, height.at(value), RIGHT.to, height.at(value), FAINT),
      text(RIGHT.from - 8, height.at(value) + 4, label(value), 'text-anchor="end"'),
    ]),
    ...powers(seconds).map((power) => text(seconds.at(power), bottom + 16, `${10 ** power} s`, 'text-anchor="middle"')),
    ...rows.flatMap((row, k) => intervalMarks(row, TOP + (k + 0.5) * ROW, ndcg)),
    ...pointMarks(rows, seconds, height),
  ];
  const size = `width="${WIDTH}" height="${bottom + 30}" viewBox="0 0 ${WIDTH} ${bottom + 30}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`;
  return [head, '<rect width="100%" height="100%" fill="#fff"/>', ...marks, '</svg>', ''].join('\n');
}

function intervalMarks({ method, metrics, interval: [low, high] }, y, ndcg) {
  return [
    text(LEFT.from - 10, y + 4, method, 'text-anchor="end"'),
    line(ndcg.at(low), y, ndcg.at(high), y, LEARNED, 2),
    circle(ndcg.at(metrics['ndcg@20']), y),
  ];
}

/** Points with names; of names that would lie on each other the lower is left out. */
function pointMarks(rows, seconds, height) {
  const named = [];
  return rows.flatMap(({ method, seconds: taken, metrics }) => {
    const [x, y] = [seconds.at(Math.log10(atLeast(taken))), height.at(metrics['ndcg@20'])];
    const isFree = named.every((other) => Math.abs(other.y - y) > 11 || Math.abs(other.x - x) > 74);
    if (!isFree) return [circle(x, y)];
    named.push({ x, y });
    return [circle(x, y), text(x + 7, y + 4, method)];
  });
}

/** @returns {{least: number, most: number, at: (value: number) => number}} */
function scaleOf(values, from, to) {
  const least = Math.min(...values);
  const most = Math.max(...values, least + 1e-3);
  return { least, most, at: (value) => round(from + ((value - least) / (most - least)) * (to - from)) };
}

/** Four or five round values. */
function ticks({ least, most }) {
  const rough = (most - least) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const first = Math.ceil(least / step);
  return Array.from({ length: Math.floor(most / step) - first + 1 }, (_, k) => (first + k) * step);
}

/** Whole powers of ten within a logarithmic scale. */
function powers({ least, most }) {
  const first = Math.ceil(least);
  return Array.from({ length: Math.max(0, Math.floor(most) - first + 1) }, (_, k) => first + k);
}

function atLeast(seconds) {
  return Math.max(seconds, 1e-3);
}

function label(value) {
  return value === 0 ? '0' : Number(value.toPrecision(6)).toString().replace(/^0/, '');
}

function circle(x, y) {
  return `<circle cx="${x}" cy="${y}" r="4" fill="${LEARNED}"/>`;
}

function line(x1, y1, x2, y2, colour, width = 1) {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="${width}"/>`;
}

function text(x, y, content, attributes = '') {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
