// `kindred benchmark` whole, as a person starts it with no method named: data read, probes, training, the baselines that
// stand beside the default, and the report; and the default alone. Each in a fresh process, one after the other:
//   node benchmarks/whole-commands.mjs [--sets cfgan,lastfm,movielens-time,uci,uci-repurchase,gowalla,retailrocket]
//        [--engine wasm,tensorflow] [--rounds 3] [--limit 3600] [--again] [--out results/whole-commands.json]
// wasm is the engine of a plain install. What the results file holds is kept, so the work can be done in pieces.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_METHOD } from '@kindred/models';
import { spread } from './measurements.mjs';
import { RESUMABLE_FLAGS, runPlan } from './resumable-runs.mjs';
import { datasetRoot, getSet, presentSets } from './sets.mjs';

const COMMANDS = { 'no method named': [], 'the default alone': ['--method', DEFAULT_METHOD] };

const { sets, limit, again } = RESUMABLE_FLAGS;
const { values: flags } = parseArgs({
  options: {
    sets: { ...sets, default: 'cfgan,lastfm,movielens-time,uci,uci-repurchase,gowalla,retailrocket' },
    engine: { type: 'string', default: 'wasm,tensorflow' },
    rounds: { type: 'string', default: '3' },
    limit,
    again,
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/whole-commands.json') },
  },
});

const { runs } = await runPlan({
  file: flags.out,
  benchmark: 'whole-commands',
  plan: plan(),
  limitSeconds: Number(flags.limit),
  again: flags.again,
  piecesFlags: (done) => ({
    sets: distinct(done.map(({ set }) => set)).join(),
    engine: distinct(done.map(({ settings }) => settings.engine)).join(),
    rounds: String(Math.max(...done.map(({ seed }) => seed))),
  }),
});
console.table(rowsOf(runs));

/** Round by round, so that a slow hour of the machine falls on all sets. A round takes the place of the seed. */
function* plan() {
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const set of presentSets(flags.sets.split(','))) {
      for (const engine of flags.engine.split(',')) {
        for (const [label, chosen] of Object.entries(COMMANDS)) {
          const words = ['benchmark', ...wordsOf(set), ...chosen, '--engine', engine];
          yield {
            set,
            method: `${label}, ${engine}`,
            seed: round,
            settings: { engine, typed: typed(words) },
            command: [process.execPath, path.join(import.meta.dirname, 'whole-commands-runner.mjs')],
            job: { words },
          };
        }
      }
    }
  }
}

/** The flags by which a person names the files of a set and how they are divided. */
function wordsOf(name) {
  const { source, mask, pair } = getSet(name);
  const { split } = pair?.(1) ?? {};
  return [
    ...Object.entries(source).flatMap(([flag, file]) => [`--${flag}`, file]),
    ...(split === undefined ? [] : ['--split', split.kind]),
    ...(split?.test === undefined ? [] : ['--test-days', String(split.test.days)]),
    ...(mask === 'none' ? ['--include-seen'] : []),
  ];
}

/** As it is typed where the data sets lie. */
function typed(words) {
  const short = words.map((word) => (path.isAbsolute(word) ? path.relative(datasetRoot, word) : word));
  return ['kindred', ...short, '--out', 'out'].join(' ');
}

function rowsOf(records) {
  const done = records.filter(({ status }) => status === 'done');
  return distinct(done.map(({ set, method }) => `${set}: ${method}`)).map((name) => {
    const own = done.filter(({ set, method }) => `${set}: ${method}` === name);
    const wall = spread(own.map(({ seconds }) => seconds.wall));
    return {
      command: name,
      seconds: wall.median,
      from: wall.min,
      to: wall.max,
      rounds: wall.rounds,
      processor: spread(own.map(({ seconds }) => seconds.processor)).median,
      peakMiB: spread(own.map(({ peakRssMiB }) => peakRssMiB)).median,
      'ndcg@20': own[0].metrics['ndcg@20'],
    };
  });
}

function distinct(values) {
  return [...new Set(values)];
}
