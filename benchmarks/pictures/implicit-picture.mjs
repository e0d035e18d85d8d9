// Time to quality: validation NDCG@20 by seconds of fitting, the default after each epoch, the peer once for each setting.
import { share } from '../leaderboard/figure-text.mjs';
import { drawing, powerScale, secondsLabel, text } from '../leaderboard/picture.mjs';
import { titleOf } from '../sparse-users/page.mjs';
import { linePanel, panelsOfSets } from './charts.mjs';

const [WIDTH, TOP, BOTTOM] = [1080, 64, 320];
/** The values begin at this share of the peer's best: what matters is when that is passed. */
const SHOWN = 0.7;
const PANELS = [
  { from: 60, to: 320 },
  { from: 600, to: 860 },
];
const NOTE =
  'Below the axis nothing is drawn. Kindred: the vectors alone, without its probes; implicit: one fit of many, without the others.';
const OURS = { method: 'inductive', name: 'Kindred, each epoch', colour: '#1864ab' };
const PEERS = [
  { method: 'als', name: 'implicit ALS, each setting', colour: '#c92a2a' },
  { method: 'bpr', name: 'implicit BPR', colour: '#e67700' },
];

/** @param {{runs: object[]}} report results/implicit.json @returns {string} SVG */
export function implicitPicture({ runs }) {
  return drawing(WIDTH, BOTTOM + 60, [
    text(16, 24, 'Time to quality beside the implicit library', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'validation NDCG@20 (up) by seconds (right, in powers of ten)', 'text-anchor="end"'),
    ...panelsOfSets(runs, PANELS, setPanel),
    text(16, BOTTOM + 48, NOTE),
  ]);
}

function setPanel(set, runs, { from, to }) {
  const [first] = runs.filter(({ method }) => method === OURS.method);
  const curve = first.curve.map(({ seconds, ndcg }) => [seconds, ndcg]);
  const fits = PEERS.map((peer) => ({
    ...peer,
    points: runs
      .filter(({ method, seed }) => seed === first.seed && method.startsWith(`${peer.method}: `))
      .map((run) => [run.seconds.train, run['ndcg@20']]),
  })).filter(({ points }) => points.length > 0);
  const bestOf = (points) => Math.max(...points.map(([, ndcg]) => ndcg));
  const least = SHOWN * Math.max(...fits.map(({ points }) => bestOf(points)));
  const nameOf = ({ name, points }) => (bestOf(points) < least ? `${name}, at most ${share(bestOf(points))}` : name);
  const shown = [...curve, ...fits.flatMap(({ points }) => points)].filter(([, ndcg]) => ndcg >= least);
  const scale = powerScale(
    shown.map(([taken]) => Math.log10(taken)),
    from,
    to,
  );
  const placed = (points) => points.map(([taken, y]) => ({ x: scale.at(Math.log10(taken)), y }));
  return linePanel({
    ...{ title: `${titleOf(set)}, seed ${first.seed}`, from, to, top: TOP, bottom: BOTTOM, least },
    ticks: scale.ticks.map((power) => ({ x: scale.at(power), label: secondsLabel(power) })),
    series: [
      { ...OURS, points: placed(curve) },
      ...fits.map((fit) => ({ ...fit, name: nameOf(fit), isScattered: true, points: placed(fit.points) })),
    ],
  });
}
