// Peak memory of an epoch by the number of pairs, and what of it was there before the training.
import { drawing, powerScale, text } from '../leaderboard/picture.mjs';
import { linePanel } from './charts.mjs';

const [WIDTH, TOP, BOTTOM] = [720, 64, 300];
const [FROM, TO] = [70, 480];

/** @param {{results: object[]}} report results/memory.json @returns {string} SVG */
export function memoryPicture({ results }) {
  const scale = powerScale(
    results.map(({ pairs }) => Math.log10(pairs)),
    FROM,
    TO,
  );
  const seriesOf = (name, colour, mebibytes) => ({
    name,
    colour,
    points: results.map((result) => ({ x: scale.at(Math.log10(result.pairs)), y: mebibytes(result) })),
  });
  const [{ dimensions }] = results;
  return drawing(WIDTH, BOTTOM + 40, [
    text(16, 24, 'Memory of training', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, `one epoch, vectors of ${dimensions}, ten pairs a user`, 'text-anchor="end"'),
    ...linePanel({
      ...{ title: 'peak of the process in MiB (up) by pairs (right, in powers of ten)', from: FROM, to: TO },
      ...{ top: TOP, bottom: BOTTOM },
      ticks: results.map(({ pairs }) => ({ x: scale.at(Math.log10(pairs)), label: pairs.toLocaleString('en-GB') })),
      series: [
        seriesOf('peak of the epoch', '#1864ab', ({ peakMiB }) => peakMiB),
        seriesOf('before it: log, tables, start', '#868e96', ({ peakBeforeMiB }) => peakBeforeMiB.training),
      ],
    }),
  ]);
}
