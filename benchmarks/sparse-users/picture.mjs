// A set of the study as a picture: NDCG@20 by the number of known items, for each base a panel, for each sort of arm a line.
import { drawing, FAINT, label, line, linearScale, text } from '../leaderboard/picture.mjs';
import { armTitle, shownArms, titleOf } from './page.mjs';

const WIDTH = 980;
const TOP = 64;
const BOTTOM = 300;
const PANELS = [
  { from: 60, to: 300 },
  { from: 550, to: 790 },
];
const COLOURS = ['#868e96', '#212529', '#2b8a3e', '#e67700', '#1864ab', '#c92a2a', '#f783ac'];
const BASES = { default: 'base: the default model', 'item-to-item': 'base: item-to-item' };

/** @param {string} set @param {Record<string, object[]>} summary by base @returns {string} SVG */
export function studyPicture(set, summary) {
  const bases = Object.keys(summary).sort((a, b) => Number(b === 'default') - Number(a === 'default'));
  const marks = [
    text(16, 24, titleOf(set), 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'NDCG@20 (up) by the number of items known', 'text-anchor="end"'),
    ...bases.slice(0, PANELS.length).flatMap((base, k) => panel(base, ofSet(summary[base], set), PANELS[k])),
  ];
  return drawing(WIDTH, BOTTOM + 40, marks);
}

function ofSet(cells, set) {
  return cells.filter((cell) => cell.set === set && cell.known !== 'warm');
}

function panel(base, cells, { from, to }) {
  const names = shownArms(cells);
  const values = cells.flatMap(({ arms }) =>
    names.flatMap((name) => (arms[name] === undefined ? [] : [arms[name].ndcg])),
  );
  const height = linearScale(Math.max(...values), BOTTOM, TOP);
  const at = (k) => from + (cells.length > 1 ? (k / (cells.length - 1)) * (to - from) : 0);
  return [
    text(from, 46, BASES[base] ?? base),
    ...height.ticks.flatMap((value) => [
      line(from, height.at(value), to, height.at(value), FAINT),
      text(from - 8, height.at(value) + 4, label(value), 'text-anchor="end"'),
    ]),
    ...cells.map(({ known }, k) => text(at(k), BOTTOM + 18, known, 'text-anchor="middle"')),
    ...names.flatMap((name, index) => armLine(cells, name, COLOURS[index % COLOURS.length], at, height)),
    ...names.flatMap((name, index) => legend(name, COLOURS[index % COLOURS.length], to + 16, TOP + 10 + 20 * index)),
  ];
}

function armLine(cells, name, colour, at, height) {
  const points = cells.flatMap(({ arms }, k) =>
    arms[name] === undefined ? [] : [[at(k), height.at(arms[name].ndcg)]],
  );
  return [
    ...points.slice(1).map(([x, y], k) => line(points[k][0], points[k][1], x, y, colour, 2)),
    ...points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`),
  ];
}

function legend(name, colour, x, y) {
  return [line(x, y - 4, x + 18, y - 4, colour, 2), text(x + 24, y, armTitle(name))];
}
