// A set's results as a picture: NDCG@20 with its interval for each method, and against the seconds of training.

const ROW = 22;
const WIDTH = 980;
const LEFT = { from: 185, to: 490 };
const RIGHT = { from: 580, to: 850 };
const TOP = 58;
const INK = '#1f2933';
export const FAINT = '#d5dbe1';
export const MARK = '#1864ab';
/** Seconds below it are shown as it. */
const FEWEST_SECONDS = 0.01;
/** Room that a name beside a point needs, generously: nothing here can measure text. */
const LETTER = 7.4;

/** @param {{title: string, rows: import('./summary.mjs').MethodRow[]}} summary @returns {string} SVG */
export function setPicture({ title, rows }) {
  const bottom = TOP + Math.max(6, rows.length) * ROW;
  const ndcg = linearScale(Math.max(...rows.map(({ interval }) => interval[1])), LEFT.from, LEFT.to);
  const height = linearScale(Math.max(...rows.map(({ metrics }) => metrics['ndcg@20'])), bottom, TOP);
  const seconds = powerScale(
    rows.map((row) => Math.log10(atLeast(row.seconds))),
    RIGHT.from,
    RIGHT.to,
  );
  const marks = [
    text(16, 24, title, 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'filled: learned, hollow: baseline', 'text-anchor="end"'),
    text(LEFT.from, 46, 'NDCG@20, more is better; line: 95 % interval over users'),
    text(RIGHT.from, 46, 'NDCG@20 (up) by time of training (right, in powers of ten)'),
    ...ndcg.ticks.flatMap((value) => [
      line(ndcg.at(value), TOP, ndcg.at(value), bottom, FAINT),
      text(ndcg.at(value), bottom + 18, label(value), 'text-anchor="middle"'),
    ]),
    ...height.ticks.flatMap((value) => [
      line(RIGHT.from, height.at(value), RIGHT.to, height.at(value), FAINT),
      text(RIGHT.from - 8, height.at(value) + 4, label(value), 'text-anchor="end"'),
    ]),
    ...seconds.ticks.map((power) => text(seconds.at(power), bottom + 18, secondsLabel(power), 'text-anchor="middle"')),
    ...rows.flatMap((row, k) => intervalMarks(row, TOP + (k + 0.5) * ROW, ndcg)),
    ...pointMarks(rows, seconds, height),
  ];
  return drawing(WIDTH, bottom + 30, marks);
}

/** @param {string[]} marks @returns {string} SVG */
export function drawing(width, height, marks) {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`;
  return [head, '<rect width="100%" height="100%" fill="#fff"/>', ...marks, '</svg>', ''].join('\n');
}

function intervalMarks({ method, kind, metrics, interval: [low, high] }, y, ndcg) {
  return [
    text(LEFT.from - 10, y + 4, method, 'text-anchor="end"'),
    line(ndcg.at(low), y, ndcg.at(high), y, MARK, 2),
    circle(ndcg.at(metrics['ndcg@20']), y, kind),
  ];
}

/** Points with names to their right, or left of them at the edge; a name that would lie on another or on a point is left out. */
function pointMarks(rows, seconds, height) {
  const points = rows.map(({ method, kind, seconds: taken, metrics }) => ({
    method,
    kind,
    x: seconds.at(Math.log10(atLeast(taken))),
    y: height.at(metrics['ndcg@20']),
  }));
  const named = [];
  const names = points.flatMap((point) => {
    const place = placeOfName(point, [...named, ...points.filter((other) => other !== point).map(boxOfPoint)]);
    if (place === undefined) return [];
    named.push(place);
    return [text(place.from, point.y + 4, point.method)];
  });
  return [...points.map(({ x, y, kind }) => circle(x, y, kind)), ...names];
}

/** @returns {{from: number, to: number, y: number} | undefined} the first place that is free */
function placeOfName({ method, x, y }, taken) {
  const length = method.length * LETTER;
  const places = [x + 7, x - 7 - length].map((from) => ({ from: round(from), to: from + length, y }));
  return places.find(
    (place) => place.from > RIGHT.from && place.to < WIDTH && !taken.some((other) => isOver(place, other)),
  );
}

function boxOfPoint({ x, y }) {
  return { from: x - 4, to: x + 4, y };
}

function isOver(a, b) {
  return Math.abs(a.y - b.y) < 11 && a.from < b.to && b.from < a.to;
}

/**
 * From 0, or a round number at or below the least value, to one at or above the largest.
 * @returns {{ticks: number[], at: (value: number) => number}}
 */
export function linearScale(largest, from, to, least = 0) {
  const rough = Math.max(largest - least, 1e-3) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(Math.ceil(largest / step - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
  return { ticks, at: place(first * step, last * step, from, to) };
}

/** From one whole power of ten to another, around the values. */
export function powerScale(powers, from, to) {
  const least = Math.floor(Math.min(...powers));
  const most = Math.max(Math.ceil(Math.max(...powers)), least + 1);
  return { ticks: Array.from({ length: most - least + 1 }, (_, k) => least + k), at: place(least, most, from, to) };
}

function place(least, most, from, to) {
  return (value) => round(from + ((value - least) / (most - least)) * (to - from));
}

/** 0.1 s, 10 s, 10,000 s */
export function secondsLabel(power) {
  return `${(10 ** power).toLocaleString('en-GB')} s`;
}

function atLeast(seconds) {
  return Math.max(seconds, FEWEST_SECONDS);
}

export function label(value) {
  return value === 0 ? '0' : Number(value.toPrecision(6)).toString().replace(/^0/, '');
}

export function circle(x, y, kind) {
  return `<circle cx="${x}" cy="${y}" r="4" fill="${kind === 'learned' ? MARK : '#fff'}" stroke="${MARK}" stroke-width="1.5"/>`;
}

export function line(x1, y1, x2, y2, colour, width = 1) {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="${width}"/>`;
}

export function text(x, y, content, attributes = '') {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
