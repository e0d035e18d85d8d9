// How the CycleGANs of cross-domain.mjs trained: of each seed's kept start the distance that starts are chosen by, and losses.
import { drawing, label, linearScale, text } from '../leaderboard/picture.mjs';
import { linePanel } from './charts.mjs';

const [WIDTH, TOP, BOTTOM] = [1080, 64, 300];
const DISTANCE = { title: 'sliced distance of the mapped users to the real ones', from: 60, to: 380 };
const LOSSES = { title: 'losses, both ways together', from: 560, to: 880 };
/** Of a seed: what is drawn of the mappings, and of the discriminators. */
const COLOURS = [
  { mappings: '#1864ab', discriminators: '#74c0fc' },
  { mappings: '#c92a2a', discriminators: '#ffa8a8' },
  { mappings: '#2b8a3e', discriminators: '#8ce99a' },
  { mappings: '#5f3dc4', discriminators: '#b197fc' },
  { mappings: '#e67700', discriminators: '#ffd43b' },
];
/** Of two discriminators, each of which says of real and of mapped users alike that it can not tell: 4 log 2. */
const GUESSING = (4 * Math.LN2).toFixed(2);
const NOTE = `Discriminators that tell nothing have a loss of ${GUESSING}. Their noise grows less to nothing over the steps.`;

/** @param {{seeds: {seed: number, curve: object[]}[]}} report results/cross-domain.json @returns {string} SVG */
export function crossDomainCurvePicture({ seeds }) {
  const coloured = seeds.map((each, k) => ({ ...each, colours: COLOURS[k % COLOURS.length] }));
  const seriesOf = (name, colour, curve, value) => ({ name, colour, curve, value });
  return drawing(WIDTH, BOTTOM + 60, [
    text(16, 24, 'Training of a CycleGAN between two shops', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'the start that was kept, by steps (right)', 'text-anchor="end"'),
    ...curvePanel(
      DISTANCE,
      coloured.map(({ seed, curve, colours }) => seriesOf(`seed ${seed}`, colours.mappings, curve, 'distance')),
    ),
    ...curvePanel(
      LOSSES,
      coloured.flatMap(({ seed, curve, colours }) => [
        seriesOf(`mappings, seed ${seed}`, colours.mappings, curve, 'generators'),
        seriesOf(`discriminators, seed ${seed}`, colours.discriminators, curve, 'discriminators'),
      ]),
    ),
    text(16, BOTTOM + 48, NOTE),
  ]);
}

function curvePanel({ title, from, to }, series) {
  const steps = linearScale(Math.max(...series.flatMap(({ curve }) => curve.map(({ step }) => step))), from, to);
  return linePanel({
    ...{ title, from, to, top: TOP, bottom: BOTTOM },
    ticks: steps.ticks.map((step) => ({ x: steps.at(step), label: label(step) })),
    series: series.map(({ name, colour, curve, value }) => ({
      name,
      colour,
      points: curve.map((point) => ({ x: steps.at(point.step), y: point[value] })),
    })),
  });
}
