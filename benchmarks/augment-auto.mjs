// What `kindred train --augment auto` is worth: the model as it trains it, with and without what the gate added, on test
// events that neither training nor the gate has seen.
//   node benchmarks/augment-auto.mjs [--sets uci,movielens-time,lastfm,retailrocket,cfgan,movielens-1m-random] [--seeds 3] [--known 1,2,3,5]
//        [--limit 3600] [--share 1] [--engine auto] [--again] [--kept TMPDIR/kindred-augment-auto]
//        [--out results/augment-auto.json]
// Users, test and draws are those of sparse-users.mjs: a fifth of the users with 20 items and more is kept out of training
// and known by a few items; beside them a sample of the users of training, those with one to seven items by themselves
// apart from those with more. Figures of single users lie in --kept; where they are gone a run is done again.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { RESUMABLE_FLAGS } from './resumable-runs.mjs';
import { presentSets } from './sets.mjs';
import { printFigures, runAndCompare } from './sparse-users/groups.mjs';

const METHOD = '--augment auto';

const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    sets: { type: 'string', default: 'uci,movielens-time,lastfm,retailrocket,cfgan,movielens-1m-random' },
    seeds: { type: 'string', default: '3' },
    known: { type: 'string', default: '1,2,3,5' },
    kept: { type: 'string', default: path.join(os.tmpdir(), 'kindred-augment-auto') },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/augment-auto.json') },
  },
});
const { runs, figures } = await runAndCompare(
  {
    file: flags.out,
    kept: flags.kept,
    benchmark: 'augment-auto',
    plan: plan(presentSets(flags.sets.split(','))),
    limitSeconds: Number(flags.limit),
    again: flags.again,
  },
  perUserFile,
);
console.table(runs.map(decisionRow));
printFigures(figures);

function* plan(sets) {
  const command = [process.execPath, path.join(import.meta.dirname, 'augment-auto-runner.mjs')];
  const settings = { engine: flags.engine, share: Number(flags.share), known: flags.known.split(',').map(Number) };
  for (const set of sets) {
    for (let seed = 1; seed <= Number(flags.seeds); seed++) {
      const asked = { set, method: METHOD, seed, settings };
      yield { ...asked, command, job: { set, seed, ...settings, perUserFile: perUserFile(asked) } };
    }
  }
}

function perUserFile({ set, seed, settings: { share } }) {
  return path.join(flags.kept, `${set}.${seed}.${share}.json`);
}

function decisionRow({ set, seed, status, kept, because, chooseSeconds }) {
  const taken = kept === undefined ? 'nothing' : `${kept.source}, ${kept.count} items of weight ${kept.weight}`;
  return { set, seed, status, taken, because, 'seconds of choosing': chooseSeconds };
}
