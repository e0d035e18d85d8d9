// Users never trained: a tenth of those with 20 items or more is held out whole, then folded in with some of their items
// and asked for the others, without retraining. The default against baselines, paired user by user.
//   node benchmarks/fold-in.mjs [--sets gowalla,movielens-1m-random] [--methods auto,inductive,popularity,itemknn,ease,gfcf]
//        [--seeds 1] [--known 1,2,3,5,10,0.8] [--limit 3600] [--share 1] [--engine auto] [--again]
//        [--kept TMPDIR/kindred-fold-in] [--out results/fold-in.json]
// Of a set with a given split only train is read. The users are divided anew by each seed; --known below 1 is a share of
// a user's items. Settings are chosen on validation that is carved out of the training users. Figures of single users
// lie in --kept; where they are gone a run is done again.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from '@kindred/evaluation';
import { fiveDecimals, writeReport } from './measurements.mjs';
import { writePicture } from './pictures/write-picture.mjs';
import { RESUMABLE_FLAGS, runPlan } from './resumable-runs.mjs';
import { presentSets } from './sets.mjs';

const OURS = ['auto', 'inductive'];
const METRIC = 'ndcg@20';

const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    sets: { type: 'string', default: 'gowalla,movielens-1m-random' },
    methods: { type: 'string', default: [...OURS, 'popularity', 'itemknn', 'ease', 'gfcf'].join(',') },
    seeds: { type: 'string', default: '1' },
    known: { type: 'string', default: '1,2,3,5,10,0.8' },
    kept: { type: 'string', default: path.join(os.tmpdir(), 'kindred-fold-in') },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/fold-in.json') },
  },
});
const known = flags.known.split(',').map(Number);
mkdirSync(flags.kept, { recursive: true });

const report = await runPlan({
  file: flags.out,
  benchmark: 'fold-in',
  plan: plan(presentSets(flags.sets.split(','))),
  limitSeconds: Number(flags.limit),
  again: flags.again,
  methodsFlag: (methods) => methods,
  isWhole: (run) => existsSync(perUserFile(run)),
});
const comparisons = comparisonsOf(report.runs.filter(isReadable));
writeReport(flags.out, { ...report, comparisons: [...comparisons, ...olderThan(report.comparisons, comparisons)] });
writePicture('fold-in', flags.out);
printFigures(report.runs);
printComparisons(comparisons);

function* plan(sets) {
  const share = Number(flags.share);
  for (const set of sets) {
    for (let seed = 1; seed <= Number(flags.seeds); seed++) {
      for (const method of flags.methods.split(',')) {
        const settings = { engine: flags.engine, share, known };
        const command = [process.execPath, path.join(import.meta.dirname, 'fold-in-runner.mjs')];
        const asked = { set, method, seed, ...settings };
        yield { set, method, seed, settings, command, job: { ...asked, perUserFile: perUserFile(asked) } };
      }
    }
  }
}

function perUserFile({ set, method, seed, share, settings }) {
  return path.join(flags.kept, `${set}.${method}.${seed}.${share ?? settings.share}.json`);
}

function isReadable(run) {
  return run.status === 'done' && existsSync(perUserFile(run));
}

/** Ours against each other method on the same users, for every number of known items. */
function comparisonsOf(runs) {
  return runs
    .filter(({ method }) => OURS.includes(method))
    .flatMap((ours) => {
      const beside = runs.filter((run) => run.set === ours.set && run.seed === ours.seed && run.method !== ours.method);
      const own = evaluationsOf(ours);
      return beside.flatMap((other) => {
        const others = evaluationsOf(other);
        return own.flatMap(({ name, ...a }) => {
          const b = others.find((evaluation) => evaluation.name === name);
          return b === undefined ? [] : [{ set: ours.set, seed: ours.seed, known: name, ...compared(a, b, ours.seed) }];
        });
      });
    });
}

function evaluationsOf(run) {
  return JSON.parse(readFileSync(perUserFile(run), 'utf8')).map(({ name, model, userRows, perUser }) => ({
    name,
    model,
    userRows: Uint32Array.from(userRows),
    perUser: Object.fromEntries(Object.entries(perUser).map(([metric, values]) => [metric, Float64Array.from(values)])),
  }));
}

function compared(a, b, seed) {
  const { difference, interval, pPermutation, users, ...rest } = compare(a, b, METRIC, { samples: 1000, seed });
  return {
    ours: rest.a,
    other: rest.b,
    users,
    difference: fiveDecimals(difference),
    interval: interval.map(fiveDecimals),
    pPermutation,
  };
}

/** Comparisons of earlier pieces whose single figures are no longer there. */
function olderThan(earlier = [], now) {
  const keyOf = ({ set, seed, known: amount, ours, other }) => [set, seed, amount, ours, other].join(' ');
  const done = new Set(now.map(keyOf));
  return earlier.filter((comparison) => !done.has(keyOf(comparison)));
}

function printFigures(runs) {
  for (const run of runs)
    if (run.status !== 'done') console.log(`${run.set}, ${run.method}: ${run.status} ${run.because ?? ''}`);
  const rows = runs
    .filter(({ status }) => status === 'done')
    .map((run) => ({
      set: run.set,
      method: run.method,
      seed: run.seed,
      ...Object.fromEntries(
        Object.entries(run.known).map(([amount, { metrics }]) => [`N@20, ${amount}`, metrics[METRIC]]),
      ),
      'train s': run.seconds.train,
    }));
  console.table(rows);
}

function printComparisons(rows) {
  console.table(
    rows.map(({ set, known: amount, ours, other, difference, interval, pPermutation }) => ({
      set,
      known: amount,
      pair: `${ours} - ${other}`,
      difference,
      interval: interval.join(' to '),
      p: pPermutation,
    })),
  );
}
