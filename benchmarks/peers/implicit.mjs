// Time to quality beside the implicit library (ALS and BPR, C++), on the same pairs, validation users and two threads:
//   node benchmarks/peers/implicit.mjs [--sets movielens-1m-random,gowalla] [--methods als,bpr,inductive] [--seeds 1]
//        [--validation-users 10000] [--threads 2] [--limit 3600] [--share 1] [--engine auto] [--again]
//        [--venv ~/.cache/kindred-peers/implicit] [--out results/implicit.json]
// The peer is tuned on validation (its grid is below), each setting a process; its clock runs for the fit alone. Kindred's
// default chooses its settings once by its probes (their seconds apart, and in a second ratio beside all of the peer's
// fits), then its clock runs for start and steps; it is validated after every epoch outside of the clock. Answered is: at
// how many seconds it passes the peer's best. Needs python3 with venv and pip; nothing else of Kindred does.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { evaluate, getMetric } from '@kindred/evaluation';
import { rounded, writeReport } from '../measurements.mjs';
import { writePicture } from '../pictures/write-picture.mjs';
import { RESUMABLE_FLAGS, runPlan } from '../resumable-runs.mjs';
import { presentSets } from '../sets.mjs';
import { openPeerSplit, writePeerFiles } from './peer-split.mjs';
import { openVirtualEnvironment } from './virtual-environment.mjs';

const NDCG = 'ndcg@20';
const OURS = 'inductive';
const PEERS = ['als', 'bpr'];
/** First steps of the search for each model of the peer; what follows starts from the best of them. */
const GRIDS = {
  als: [1, 5, 20].flatMap((alpha) =>
    [0.1, 5, 50].map((regularization) => ({ factors: 64, alpha, regularization, iterations: 15 })),
  ),
  bpr: [0.01, 0.05].flatMap((learning_rate) =>
    [0.001, 0.01].map((regularization) => ({ factors: 64, learning_rate, regularization, iterations: 100 })),
  ),
};
/** Tried one after the other on what was best so far. */
const REFINEMENTS = {
  als: [
    ({ regularization }) => ({ regularization: 4 * regularization }),
    () => ({ factors: 128 }),
    ({ iterations }) => ({ iterations: 2 * iterations }),
  ],
  bpr: [() => ({ factors: 128 })],
};

const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    sets: { type: 'string', default: 'movielens-1m-random,gowalla' },
    methods: { type: 'string', default: [...PEERS, OURS].join(',') },
    seeds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    'validation-users': { type: 'string', default: '10000' },
    venv: { type: 'string', default: path.join(os.homedir(), '.cache/kindred-peers/implicit') },
    out: { type: 'string', default: path.join(import.meta.dirname, '../../results/implicit.json') },
  },
});
const python = openVirtualEnvironment(flags.venv, ['implicit==0.7.3']);
const methods = flags.methods.split(',');
const threads = Number(flags.threads);
const folder = mkdtempSync(path.join(os.tmpdir(), 'kindred-implicit-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const found = [];
const report = await runPlan({
  file: flags.out,
  benchmark: 'implicit',
  plan: plan(presentSets(flags.sets.split(','))),
  limitSeconds: Number(flags.limit),
  again: flags.again,
  methodsFlag: (methods) => methods.map((method) => method.split(':')[0]),
  complete: async (record, { cohort, job }) =>
    cohort === undefined ? {} : { evaluated: await recomputed(record, cohort, job.recommendations) },
  onRecord: (record) => found.push(record),
});
const races = racesOf(report.runs);
writeReport(flags.out, { ...report, races });
writePicture('implicit', flags.out);
console.table(report.runs.filter(({ method }) => method !== OURS).map(shown));
console.table(races);

async function* plan(sets) {
  const choice = { share: Number(flags.share), validationUsers: Number(flags['validation-users']) };
  for (const set of sets) {
    for (let seed = 1; seed <= Number(flags.seeds); seed++) {
      if (methods.some((method) => PEERS.includes(method))) yield* peerRuns(set, seed, choice);
      if (!methods.includes(OURS)) continue;
      const command = [process.execPath, path.join(import.meta.dirname, 'implicit-runner.mjs')];
      const settings = { ...choice, threads, engine: flags.engine };
      yield { set, method: OURS, seed, settings, command, job: { set, method: OURS, seed, ...settings } };
    }
  }
}

/** The grid, then refinements of the best that was found. */
async function* peerRuns(set, seed, choice) {
  const split = await openPeerSplit({ set, seed, ...choice });
  const files = writePeerFiles(split, folder);
  for (const model of PEERS.filter((name) => methods.includes(name))) {
    const runOf = (settings) => peerRun({ set, seed, model, choice, files, settings, cohort: split.cohort });
    for (const settings of GRIDS[model]) yield runOf(settings);
    for (const refine of REFINEMENTS[model]) {
      const best = bestOf(found, set, seed, [model]);
      if (best !== undefined) yield runOf({ ...best.settings.model, ...refine(best.settings.model) });
    }
  }
}

function peerRun({ set, seed, model, choice, files, settings, cohort }) {
  const named = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  const recommendations = path.join(folder, 'recommendations.tsv');
  return {
    set,
    method: `${model}: ${named.join(', ')}`,
    seed,
    settings: { ...choice, threads, model: settings },
    command: [python, path.join(import.meta.dirname, 'implicit_peer.py')],
    job: { ...files, model, settings, threads, seed, recommendations },
    // As implicit advises: the threads are its own, not those of the linear algebra under it.
    env: { OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OMP_NUM_THREADS: String(threads) },
    cohort,
  };
}

/** The best finished run of some of the peer's models. */
function bestOf(runs, set, seed, models) {
  return finishedOf(runs, set, seed, models).reduce(
    (best, run) => (best === undefined || run[NDCG] > best[NDCG] ? run : best),
    undefined,
  );
}

function finishedOf(runs, set, seed, models) {
  return runs
    .filter((run) => run.set === set && run.seed === seed && run.status === 'done')
    .filter(({ method }) => models.some((model) => method.startsWith(`${model}: `)));
}

/**
 * The peer's figure by @kindred/evaluation, from the lists that it wrote.
 * @throws Error when it is another: then the two would not run the same race
 */
async function recomputed(record, cohort, recommendations) {
  const lists = new Map(readFileSync(recommendations, 'utf8').trimEnd().split('\n').map(listOf));
  const evaluation = await evaluate(fromLists(record.method, lists, cohort.itemCount), cohort, {
    mask: 'seen',
    cutoffs: [20],
    keepTop: 0,
  });
  const ours = Number(getMetric(evaluation, NDCG).toFixed(6));
  if (Math.abs(ours - record[NDCG]) <= 2e-6) return ours;
  throw new Error(`${record.method}: the peer's script has NDCG@20 ${record[NDCG]}, the evaluator ${ours}`);
}

function listOf(line) {
  const [user, ...items] = line.split('\t').map(Number);
  return [user, items];
}

/** A recommender that says what stands in lists. */
function fromLists(name, lists, itemCount) {
  return {
    name,
    itemCount,
    async score({ users }, scores) {
      scores.fill(Number.NEGATIVE_INFINITY);
      users.forEach((user, row) => {
        lists.get(user).forEach((item, rank) => {
          scores[row * itemCount + item] = -rank;
        });
      });
    },
  };
}

/** When Kindred passes the best of the peer, and what that took beside what the peer took. */
function racesOf(runs) {
  return runs
    .filter(({ method, status }) => method === OURS && status === 'done')
    .flatMap(({ set, seed, curve, probes, engine }) => {
      const best = bestOf(runs, set, seed, PEERS);
      if (best === undefined) return [];
      const passed = curve.find(({ ndcg }) => ndcg > best[NDCG]);
      const tuning = finishedOf(runs, set, seed, PEERS).reduce((sum, run) => sum + run.seconds.train, 0);
      const race = { set, seed, engine, peer: best.method, peerNdcg: best[NDCG], peerSeconds: best.seconds.train };
      return [
        {
          ...race,
          passedAtEpoch: passed?.epoch,
          passedAtSeconds: passed?.seconds,
          ratio: passed && rounded(passed.seconds / best.seconds.train),
          endNdcg: curve.at(-1).ndcg,
          endSeconds: curve.at(-1).seconds,
          probeSeconds: probes.seconds,
          peerTuningSeconds: rounded(tuning),
          ratioWithTuning: passed && rounded((probes.seconds + passed.seconds) / tuning),
        },
      ];
    });
}

function shown({ set, method, seed, status, seconds, ...run }) {
  return { set, method, seed, status, [NDCG]: run[NDCG], 'fit s': seconds?.train, 'peak MiB': run.peakRssMiB };
}
