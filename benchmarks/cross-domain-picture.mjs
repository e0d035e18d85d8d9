// What cross-domain.mjs found, as pictures: NDCG@20 of each arm, and how near users are mapped to where they are; and, in a
// second one, how the CycleGANs trained.
//   node benchmarks/cross-domain-picture.mjs [--from results/cross-domain.json] [--out results/cross-domain.svg]
//        [--curve results/cross-domain-curve.svg]
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { circle, drawing, FAINT, label, line, linearScale, MARK, text } from './leaderboard/picture.mjs';
import { crossDomainCurvePicture } from './pictures/cross-domain-curve-picture.mjs';

const [WIDTH, TOP, ROW] = [860, 58, 26];
const LEFT = { metric: 'ndcg@20', title: 'NDCG@20 in Cloth, of what is known in Sport', from: 190, to: 500 };
const RIGHT = { metric: 'found', title: 'share of users less alike; chance is .5', from: 560, to: 820 };
const { values: flags } = parseArgs({
  options: {
    from: { type: 'string', default: path.join(import.meta.dirname, '../results/cross-domain.json') },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/cross-domain.svg') },
    curve: { type: 'string', default: path.join(import.meta.dirname, '../results/cross-domain-curve.svg') },
  },
});
const report = JSON.parse(readFileSync(flags.from, 'utf8'));
const { arms } = report;
const bottom = TOP + arms.length * ROW;
writeFileSync(
  flags.out,
  drawing(WIDTH, bottom + 34, [
    text(16, 24, 'Users of one shop recommended in another', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'line: 95 % interval over users', 'text-anchor="end"'),
    ...arms.map(({ arm }, row) => text(LEFT.from - 12, heightOf(row) + 4, arm, 'text-anchor="end"')),
    ...panel(LEFT),
    ...panel(RIGHT),
  ]),
);
writeFileSync(flags.curve, crossDomainCurvePicture(report));

function panel({ metric, title, from, to }) {
  const measured = arms.map((arm) => arm[metric]);
  const scale = linearScale(Math.max(...measured.map((value) => value?.interval[1] ?? 0)), from, to);
  const ticks = scale.ticks.flatMap((value) => [
    line(scale.at(value), TOP, scale.at(value), bottom, FAINT),
    text(scale.at(value), bottom + 18, label(value), 'text-anchor="middle"'),
  ]);
  const marks = measured.flatMap((value, row) =>
    value === undefined
      ? []
      : [
          line(scale.at(value.interval[0]), heightOf(row), scale.at(value.interval[1]), heightOf(row), MARK, 2),
          circle(scale.at(value.mean), heightOf(row), 'learned'),
        ],
  );
  return [text(from, 46, title), ...ticks, ...marks];
}

function heightOf(row) {
  return TOP + (row + 0.5) * ROW;
}
