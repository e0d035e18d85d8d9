// The road on Amazon Beauty: validation NDCG@10 after each epoch of every variation that beauty-road.mjs ran.
import { drawing, text } from '../leaderboard/picture.mjs';
import { linePanel } from './charts.mjs';

const [WIDTH, TOP, BOTTOM, FROM, TO] = [1080, 64, 400, 60, 620];
const EPOCHS_APART = 10;
const COLOURS = [
  '#1864ab',
  '#c92a2a',
  '#2b8a3e',
  '#e67700',
  '#845ef7',
  '#0b7285',
  '#868e96',
  '#212529',
  '#d6336c',
  '#5c940d',
];

/** @param {{runs: object[]}} report results/beauty-road.json @returns {string} SVG */
export function beautyRoadPicture({ runs }) {
  const done = runs.filter(({ status }) => status === 'done');
  const longest = Math.max(...done.flatMap(({ curve }) => curve.map(({ epoch }) => epoch)));
  const at = (epoch) => Math.round(FROM + (epoch / longest) * (TO - FROM));
  const ticks = Array.from({ length: Math.floor(longest / EPOCHS_APART) + 1 }, (_, k) => k * EPOCHS_APART);
  return drawing(WIDTH, BOTTOM + 40, [
    text(16, 24, 'Sequences on Amazon Beauty', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'validation NDCG@10 (up) by epochs', 'text-anchor="end"'),
    ...linePanel({
      ...{ title: 'one setting changed at a time, then together', from: FROM, to: TO, top: TOP, bottom: BOTTOM },
      ticks: ticks.map((epoch) => ({ x: at(epoch), label: String(epoch) })),
      series: done.map(({ method, curve }, k) => ({
        name: method.replace(/^next-item:/, '').replaceAll(':', ', '),
        colour: COLOURS[k % COLOURS.length],
        points: curve.map((point) => ({ x: at(point.epoch), y: point['ndcg@10'] })),
      })),
    }),
  ]);
}
