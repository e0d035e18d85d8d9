// Users never trained: NDCG@20 by the number of items they are folded in with, a panel for each set, a line for each method.
import { drawing, text } from '../leaderboard/picture.mjs';
import { mean } from '../measurements.mjs';
import { titleOf } from '../sparse-users/page.mjs';
import { linePanel, panelsOfSets } from './charts.mjs';

const [WIDTH, TOP, BOTTOM] = [980, 64, 300];
const PANELS = [
  { from: 60, to: 350 },
  { from: 550, to: 840 },
];
const COLOURS = {
  auto: '#845ef7',
  inductive: '#1864ab',
  popularity: '#868e96',
  itemknn: '#2b8a3e',
  ease: '#e67700',
  gfcf: '#c92a2a',
};
const OTHER = '#212529';

/** @param {{runs: object[]}} report results/fold-in.json @returns {string} SVG */
export function foldInPicture({ runs }) {
  return drawing(WIDTH, BOTTOM + 40, [
    text(16, 24, 'Users never trained', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'NDCG@20 (up) by the number of items known', 'text-anchor="end"'),
    ...panelsOfSets(runs, PANELS, setPanel),
  ]);
}

function setPanel(set, runs, { from, to }) {
  // A share of the items is another question: other items are left to find.
  const amounts = Object.keys(runs[0].known).filter((amount) => Number(amount) >= 1);
  const at = (k) => Math.round(from + (k / Math.max(1, amounts.length - 1)) * (to - from));
  const present = [...new Set(runs.map(({ method }) => method))];
  const known = Object.keys(COLOURS).filter((method) => present.includes(method));
  const methods = [...known, ...present.filter((method) => !known.includes(method))];
  const ndcgOf = (method, amount) =>
    mean(runs.filter((run) => run.method === method).map(({ known }) => known[amount].metrics['ndcg@20']));
  return linePanel({
    ...{ title: titleOf(set), from, to, top: TOP, bottom: BOTTOM },
    ticks: amounts.map((amount, k) => ({ x: at(k), label: amount })),
    series: methods.map((method) => ({
      name: method,
      colour: COLOURS[method] ?? OTHER,
      points: amounts.map((amount, k) => ({ x: at(k), y: ndcgOf(method, amount) })),
    })),
  });
}
