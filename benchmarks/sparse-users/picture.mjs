// A set of the study as a picture: NDCG@20 by the number of known items, for each base a panel, for each sort of arm a line.
import { drawing, text } from '../leaderboard/picture.mjs';
import { linePanel } from '../pictures/charts.mjs';
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
  const at = (k) => from + (cells.length > 1 ? (k / (cells.length - 1)) * (to - from) : 0);
  return linePanel({
    ...{ title: BASES[base] ?? base, from, to, top: TOP, bottom: BOTTOM },
    ticks: cells.map(({ known }, k) => ({ x: at(k), label: known })),
    series: names.map((name, index) => ({
      name: armTitle(name),
      colour: COLOURS[index % COLOURS.length],
      points: cells.flatMap(({ arms }, k) => (arms[name] === undefined ? [] : [{ x: at(k), y: arms[name].ndcg }])),
    })),
  });
}
