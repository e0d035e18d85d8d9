// Synthetic histories in contrastive training: a generator makes the second view of users with few items longer. Each
// generator beside none, on users who are trained on with a few items and on the others.
//   node benchmarks/second-views.mjs [--sets uci,lastfm,retailrocket] [--methods simclr,swav] [--seeds 3] [--known 3]
//        [--generators off,dae,conditional-gan] [--limit 3600] [--share 1] [--engine auto] [--again]
//        [--kept TMPDIR/kindred-second-views] [--out results/second-views.json]
// Users, test and draws are those of sparse-users.mjs in its transductive regime: a fifth of the users with 20 items and
// more is in training with --known items, the rest of theirs hidden. The first generator named is the base of comparison.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { RESUMABLE_FLAGS } from './resumable-runs.mjs';
import { presentSets } from './sets.mjs';
import { printFigures, runAndCompare } from './sparse-users/groups.mjs';

const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    sets: { type: 'string', default: 'uci,lastfm,retailrocket' },
    methods: { type: 'string', default: 'simclr,swav' },
    seeds: { type: 'string', default: '3' },
    known: { type: 'string', default: '3' },
    generators: { type: 'string', default: 'off,dae,conditional-gan' },
    kept: { type: 'string', default: path.join(os.tmpdir(), 'kindred-second-views') },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/second-views.json') },
  },
});
const { figures } = await runAndCompare(
  {
    file: flags.out,
    kept: flags.kept,
    benchmark: 'second-views',
    plan: plan(presentSets(flags.sets.split(','))),
    limitSeconds: Number(flags.limit),
    again: flags.again,
    methodsFlag: (methods) => methods,
  },
  perUserFile,
);
printFigures(figures);

function* plan(sets) {
  const command = [process.execPath, path.join(import.meta.dirname, 'second-views-runner.mjs')];
  const settings = {
    engine: flags.engine,
    share: Number(flags.share),
    known: Number(flags.known),
    generators: flags.generators.split(','),
  };
  for (const set of sets) {
    for (const method of flags.methods.split(',')) {
      for (let seed = 1; seed <= Number(flags.seeds); seed++) {
        const asked = { set, method, seed, settings };
        yield { ...asked, command, job: { set, method, seed, ...settings, perUserFile: perUserFile(asked) } };
      }
    }
  }
}

function perUserFile({ set, method, seed, settings: { share, known } }) {
  return path.join(flags.kept, [set, method, seed, share, known, 'json'].join('.'));
}
