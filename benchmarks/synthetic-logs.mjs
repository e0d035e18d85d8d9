// Synthetic logs: how like the real one, how much they give away, and what they are good for. Generators by name, beside two
// controls: items drawn one by one by their popularity (keeps nobody's taste) and copies of real users (must fail the
// disclosure test). Use: a model trained on the synthetic log ranks the real test, beside one trained on the real log.
//   node benchmarks/synthetic-logs.mjs [--sets movielens-time,uci] [--generators mult-vae,dae,independent,copies] [--seeds 2]
//        [--share 1] [--engine auto] [--out results/synthetic-logs.json]
// What the results file holds of other sets and generators is kept. The log is that of train and validation: no generator
// sees an event of the test.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random, rowEntries } from '@kindred/domain';
import { evaluate, trainedCohort } from '@kindred/evaluation';
import {
  eventsOf,
  fitLogProfile,
  incidence,
  independentSampler,
  logOfUsers,
  measureFidelity,
  sampleLog,
  testDisclosure,
} from '@kindred/insights';
import { artefactRecommender, createBaseline } from '@kindred/models';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { readTableEvents, silentProgress, synthesizeLog } from '@kindred/pipeline';
import { trainModel } from '@kindred/training';
import { commandLine, machine, rounded, writeReport } from './measurements.mjs';
import { presentSets, withSet } from './sets.mjs';

const { values: flags } = parseArgs({
  options: {
    sets: { type: 'string', default: 'movielens-time,uci' },
    generators: { type: 'string', default: 'mult-vae,dae,independent,copies' },
    seeds: { type: 'string', default: '2' },
    share: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'auto' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/synthetic-logs.json') },
  },
});
/** As snapshots number the sets of a split. */
const TEST = 2;
const RANKERS = ['ease', 'inductive'];
const CONTROLS = { independent: independentSampler, copies: copyingSampler };

const loadBefore = os.loadavg();
const results = existsSync(flags.out) ? JSON.parse(readFileSync(flags.out, 'utf8')).results : {};
const engine = await loadEngine(flags.engine);
for (const set of presentSets(flags.sets.split(','))) {
  const { part, log } = await logOf(set);
  results[set] = { ...results[set], share: Number(flags.share), users: log.users.length, items: log.items.length };
  results[set].real ??= { use: await useOf(part, part.data) };
  for (const generator of flags.generators.split(',')) {
    const runs = [];
    for (let seed = 1; seed <= Number(flags.seeds); seed++) runs.push(await measure(part, log, generator, seed));
    results[set][generator] = runs;
    save();
    console.log(`\n${set}, ${generator}, seed 1`);
    console.table({ ...brief(runs[0]), real: results[set].real.use });
  }
}
await engine.dispose();

/** The one command that does all that the file holds, whatever pieces it was done in. */
function wholeCommand() {
  const made = Object.values(results).flatMap((ofSet) =>
    Object.keys(ofSet).filter((name) => Array.isArray(ofSet[name])),
  );
  const more = { sets: Object.keys(results).join(), generators: [...new Set(made)].join(), seeds: flags.seeds };
  return commandLine({ without: Object.keys(more), more });
}

function save() {
  writeReport(flags.out, {
    benchmark: 'synthetic-logs',
    command: wholeCommand(),
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(loadBefore),
    results,
  });
}

/** What is there to learn from, and the log behind it. */
async function logOf(name) {
  const snapshot = await withSet(name, { seed: 1, share: Number(flags.share) }, async ({ source, pair }) =>
    buildSnapshotInMemory(await readTableEvents(source.data), pair),
  );
  const log = await snapshot.events();
  const before = eventsOf(
    log,
    Uint32Array.from(log.user.keys()).filter((event) => log.set[event] !== TEST),
  );
  return {
    part: await snapshot.part('evaluate'),
    log: logOfUsers(before, Uint32Array.from(new Set(before.user)).sort()),
  };
}

async function measure(part, log, generator, seed) {
  const started = performance.now();
  const made = Object.hasOwn(CONTROLS, generator)
    ? await control(log, CONTROLS[generator], seed)
    : await synthesizeLog({ log, method: generator, settings: {}, engine, seed, progress: silentProgress });
  const seconds = (performance.now() - started) / 1000;
  const { fidelity, disclosure } = made;
  return { seed, seconds: rounded(seconds), fidelity, disclosure, use: await useOf(part, inSpaceOf(part, made.log)) };
}

/** As `synthesizeLog` does it, with another way to draw histories. */
async function control(log, samplerOf, seed) {
  const order = new Random(seed, 'users set aside').shuffle(Uint32Array.from(log.users.keys()));
  const aside = Math.floor(log.users.length / 5);
  const learned = logOfUsers(log, order.slice(aside).sort());
  const heldOut = incidence(logOfUsers(log, order.slice(0, aside).sort()));
  const profile = fitLogProfile(learned);
  const sampler = samplerOf(profile, incidence(learned));
  const synthetic = await sampleLog(profile, sampler, { items: log.items, users: log.users.length, seed });
  const disclosure = await testDisclosure({
    train: incidence(learned),
    heldOut,
    synthetic: incidence(synthetic),
    seed,
  });
  return { log: synthetic, fidelity: await measureFidelity(log, synthetic, seed), disclosure };
}

function copyingSampler(_, histories) {
  return (_count, random) => [...rowEntries(histories, random.below(histories.rowCount))[0]];
}

/** The pairs of a log as training data over the items that the test ranks. */
function inSpaceOf(part, log) {
  const columns = new Map(part.items.map((id, column) => [id, column]));
  const newest = new Map();
  log.user.forEach((user, event) => {
    const column = columns.get(log.items[log.item[event]]);
    if (column !== undefined) newest.set(user * part.items.length + column, log.time[event]);
  });
  const keys = [...newest.keys()].sort((a, b) => a - b);
  const ones = new Float32Array(keys.length).fill(1);
  const positives = matrixFromTriples(
    log.users.length,
    part.items.length,
    Uint32Array.from(keys, (key) => Math.floor(key / part.items.length)),
    Uint32Array.from(keys, (key) => key % part.items.length),
    ones,
  );
  const times = Float64Array.from(keys, (key) => newest.get(key));
  const negatives = emptyMatrix(log.users.length, part.items.length);
  return { positives, weights: ones, times, negatives, endTimeMs: times.reduce((a, b) => Math.max(a, b), 0) };
}

/** NDCG@20 on the real test of models that learned from some data; everybody is folded in by their real history. */
async function useOf(part, data) {
  const cohort = { ...trainedCohort(part.data, part.heldOut, { mask: 'seen' }), users: undefined };
  const use = {};
  for (const name of RANKERS) {
    const recommender = await fit(name, part, data);
    const { metrics } = await evaluate(recommender, cohort, { cutoffs: [20], keepTop: 0 });
    use[name] = rounded(metrics['ndcg@20']);
  }
  return use;
}

async function fit(name, part, data) {
  const matmul = engine.matmul.bind(engine);
  if (name === 'ease') return createBaseline('ease', {}, { matmul }).fit(data, 1);
  const users = Array.from({ length: data.positives.rowCount }, (_, user) => String(user));
  const { artefact } = await trainModel({
    method: name,
    data,
    vocabulary: { users, items: part.items },
    engine,
    seed: 1,
  });
  return artefactRecommender({ ...artefact, users: undefined, userBases: undefined }, { matmul });
}

function brief({ seconds, fidelity, disclosure, use }) {
  const { activityKs, popularityCorrelation, popularityKl, coOccurrenceCorrelation, coOccurrenceOfHalves } = fidelity;
  const { nearestRatio, nearerToTrain, copies, membershipAuc, failures } = disclosure;
  return {
    seconds,
    activityKs,
    popularityCorrelation,
    popularityKl,
    coOccurrenceCorrelation,
    coOccurrenceOfHalves,
    typesDistance: fidelity.typesDistance,
    hoursDistance: fidelity.hoursDistance,
    pausesKs: fidelity.pausesKs,
    nearestRatio,
    nearerToTrain,
    copies: copies.synthetic,
    membershipAuc,
    failures: failures.length,
    use,
  };
}
