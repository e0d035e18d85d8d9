// Users of one shop recommended in another: what a CycleGAN makes of two domains when nobody says who is who, beside a
// mapping learned from pairs, popularity and chance. Amazon Sport -> Cloth, whose users are the same.
//   node benchmarks/cross-domain.mjs [--seeds 3] [--part test] [--set steps=1500,starts=4] [--dimensions 64] [--epochs 30]
//        [--engine auto] [--out results/cross-domain.json]
// A fifth of the users is the test, a tenth validation: what they had in the target shop no model sees. Everybody else is
// learned from; the CycleGAN gets them in two orders of which neither is told. Settings are chosen with --part validation.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from '@kindred/compute';
import { readBenchmarkTable } from '@kindred/datasets';
import { matrixFromTriples, Random, rowEntries } from '@kindred/domain';
import { compare, evaluate } from '@kindred/evaluation';
import { encodeHistory, fitCycleGan, fitPairedMapping, getMethod, resolveSettings } from '@kindred/models';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { permuted, placesOfOwn } from './cross-domain/mapped-vectors.mjs';
import { chanceRecommender, mappedRecommender } from './cross-domain/recommenders.mjs';
import { commandLine, fiveDecimals, machine, rounded, writeReport } from './measurements.mjs';
import { datasetRoot } from './sets.mjs';

const folder = path.join(datasetRoot, 'amazon-crossdomain-disencdr/sport-cloth');
const [SOURCE, TARGET] = ['sport', 'cloth'];
/** One split for all seeds, so that a user's results can be averaged over them. */
const SPLIT_SEED = 1;
const SHARES = { test: 0.2, validation: 0.1 };
const CUTOFF = 20;
const METRICS = [`recall@${CUTOFF}`, `ndcg@${CUTOFF}`];
/** How much of the target's popularity joins the mapped vectors; chosen for each arm on validation. */
const PRIOR_WEIGHTS = [0, 0.1, 0.25, 0.5, 1, 4];
/** Share of the other users who are less like where a user was mapped to than the user is: .5 is chance. */
const FOUND = 'found';
/** Mappings that know who is who. The encoder was chosen on validation; these settings are sensible, not tuned. */
const PAIRED = {
  'pairs, linear': { hidden: 0, decay: 0.3, steps: 800 },
  'pairs, one hidden layer': { hidden: 64, decay: 0.3, steps: 800 },
};
/** The same with the identity loss, which is off by default. */
const WITH_IDENTITY = { identityWeight: 1 };
const AGAINST = [
  ['cyclegan', 'cyclegan, users exchanged'],
  ['cyclegan', 'cyclegan, untrained'],
  ['cyclegan', 'popularity'],
  ['cyclegan', 'chance'],
  ['cyclegan with identity', 'popularity'],
  ['cyclegan with identity', 'cyclegan'],
  ['popularity', 'chance'],
  ['pairs, linear', 'popularity'],
  ['pairs, one hidden layer', 'popularity'],
  ['pairs, one hidden layer', 'cyclegan'],
];
const BOOTSTRAP = { samples: 2000, seed: 1 };

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    part: { type: 'string', default: 'test' },
    set: { type: 'string', default: '' },
    dimensions: { type: 'string', default: '64' },
    epochs: { type: 'string', default: '30' },
    engine: { type: 'string', default: 'auto' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/cross-domain.json') },
  },
});
const given = Object.fromEntries(flags.set === '' ? [] : flags.set.split(',').map((pair) => pair.split('=')));
const say = (line) => process.stderr.write(`${line}\n`);

const loadBefore = os.loadavg();
const domains = { source: await readDomain(SOURCE), target: await readDomain(TARGET) };
const users = divideUsers([...domains.source.keys()].filter((user) => domains.target.has(user)).sort());
const engine = await loadEngine(flags.engine);
const seeds = [];
for (let seed = 1; seed <= Number(flags.seeds); seed++) {
  seeds.push(await measureSeed(seed));
  const report = summarise(seeds);
  if (flags.part === 'test') write(report);
  if (seed === Number(flags.seeds)) show(report);
}
await engine.dispose();

/** What the seeds so far say; written after each, for they are long. */
function write(report) {
  writeReport(flags.out, {
    benchmark: 'cross-domain',
    command: commandLine(),
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(loadBefore),
    engine: engine.description,
    settings: { dimensions: Number(flags.dimensions), epochs: Number(flags.epochs), cyclegan: given, pairs: PAIRED },
    users: Object.fromEntries(Object.entries(users).map(([part, ids]) => [part, ids.length])),
    ...report,
    seeds: seeds.map(({ seed, facts }) => ({ seed, ...facts })),
  });
}

function show({ arms, comparisons }) {
  const between = (interval) => interval.join(' to ');
  console.table(
    arms.map(({ arm, priorWeights, ...means }) => ({
      arm,
      ...Object.fromEntries(
        Object.entries(means).map(([name, { mean, interval }]) => [name, `${mean} (${between(interval)})`]),
      ),
      priorWeights: priorWeights.join(' '),
    })),
  );
  console.table(comparisons.map(({ interval, ...rest }) => ({ ...rest, interval: between(interval) })));
}

/** What each user had: the train file and the item that the publisher held out of it. */
async function readDomain(name) {
  const itemsOf = new Map();
  for (const part of ['train', 'test_original']) {
    const table = await readBenchmarkTable(path.join(folder, `${name}.${part}.tsv.gz`));
    table.userCodes.forEach((user, row) => {
      const id = table.users.names[user];
      if (!itemsOf.has(id)) itemsOf.set(id, new Set());
      itemsOf.get(id).add(table.items.names[table.itemCodes[row]]);
    });
  }
  return itemsOf;
}

function divideUsers(ids) {
  const order = [...new Random(SPLIT_SEED, 'cross-domain users').shuffle(Uint32Array.from(ids.keys()))];
  const parts = {};
  for (const [part, share] of Object.entries(SHARES)) {
    parts[part] = order.splice(0, Math.round(share * ids.length)).map((place) => ids[place]);
  }
  parts.train = order.map((place) => ids[place]);
  return parts;
}

async function measureSeed(seed) {
  const started = performance.now();
  const source = await encodeDomain(domains.source, [...domains.source.keys()], seed);
  const target = await encodeDomain(domains.target, users.train, seed);
  const encodeSeconds = seconds(started);
  const width = Number(flags.dimensions);
  const rowsOf = (domain, ids) => ({
    vectors: Float32Array.from(ids.flatMap((id) => [...domain.vectorOf(id)])),
    width,
  });
  const shuffled = new Random(seed, 'hidden pairing').shuffle([...users.train]);
  const unpaired = { engine, source: rowsOf(source, shuffled), target: rowsOf(target, users.train), seed };
  const fitStarted = performance.now();
  const gan = await fitCycleGan({ ...unpaired, settings: given });
  const fitSeconds = seconds(fitStarted);
  say(`seed ${seed}: encoders ${encodeSeconds} s, cyclegan ${fitSeconds} s, distances ${gan.distances.map(four)}`);
  const withIdentity = await fitCycleGan({ ...unpaired, settings: { ...given, ...WITH_IDENTITY } });
  const pairs = { engine, source: rowsOf(source, users.train), target: rowsOf(target, users.train), seed };
  const untrained = await fitCycleGan({ ...pairs, settings: { ...given, steps: 1, starts: 1, learningRate: 1e-6 } });
  const paired = {};
  for (const [name, settings] of Object.entries(PAIRED)) paired[name] = await fitPairedMapping({ ...pairs, settings });
  const mapAll = async (mapping, part) => await mapping.toTarget(rowsOf(source, users[part]).vectors);
  const arms = {
    cyclegan: (part) => mapAll(gan, part),
    'cyclegan, users exchanged': async (part) => permuted(await mapAll(gan, part), width, seed),
    'cyclegan with identity': (part) => mapAll(withIdentity, part),
    'cyclegan, untrained': (part) => mapAll(untrained, part),
    ...Object.fromEntries(Object.entries(paired).map(([name, mapping]) => [name, (part) => mapAll(mapping, part)])),
  };
  const own = rowsOf({ vectorOf: (id) => hiddenVector(target, id) }, users[flags.part]).vectors;
  const results = [await rankByChance(target, seed), await rankAll('popularity', undefined, target, [1])];
  for (const [name, mappedOf] of Object.entries(arms)) {
    const ranked = await rankAll(name, mappedOf, target, PRIOR_WEIGHTS);
    ranked.evaluation.perUser[FOUND] = placesOfOwn(await mappedOf(flags.part), own, width);
    results.push(ranked);
  }
  return { seed, results, facts: { encodeSeconds, fitSeconds, distances: gan.distances, curve: gan.curve } };
}

/** @returns the encoder's vectors of users, and what ranks the items of the domain */
async function encodeDomain(itemsOf, ids, seed) {
  const events = ids.map((userId) =>
    [...itemsOf.get(userId)].map((itemId) => ({ userId, itemId, type: 'interaction' })),
  );
  const snapshot = await buildSnapshotInMemory(events, {});
  const { data, items, users: known } = await snapshot.part('serve');
  const method = getMethod('inductive');
  const settings = resolveSettings(method.settings, { dimensions: flags.dimensions });
  const run = await method.prepare({ data, settings, engine, seed });
  for (let step = 0; step < Number(flags.epochs) * run.stepsPerEpoch; step++) await run.step();
  const artefact = run.artefact({ items, users: known });
  const rowOf = new Map(known.map((id, row) => [id, row]));
  return {
    artefact,
    positions: new Map(items.map((id, position) => [id, position])),
    vectorOf: (id) => encodeHistory(artefact, ...rowEntries(data.positives, rowOf.get(id))).subarray(0, -1),
  };
}

/**
 * The part's users asked for, by the weight of popularity that is best on validation.
 * @param mappedOf part -> [N, d], in the order of its users; undefined: popularity alone
 */
async function rankAll(name, mappedOf, { artefact }, priorWeights) {
  const rank = (part, mapped, priorWeight) =>
    rankPart(mappedRecommender(engine, name, artefact, mapped, priorWeight), part, artefact);
  const onValidation = await mappedOf?.('validation');
  let best;
  for (const priorWeight of priorWeights) {
    const { metrics } = await rank('validation', onValidation, priorWeight);
    if (best === undefined || metrics[METRICS[1]] > best.ndcg) best = { priorWeight, ndcg: metrics[METRICS[1]] };
  }
  const evaluation = await rank(flags.part, await mappedOf?.(flags.part), best.priorWeight);
  sayRanked(evaluation, `, prior ${best.priorWeight}`);
  return { name, priorWeight: best.priorWeight, evaluation };
}

/** The part's users, shown items at random. */
async function rankByChance({ artefact }, seed) {
  const evaluation = await rankPart(chanceRecommender(artefact, seed), flags.part, artefact);
  sayRanked(evaluation);
  return { name: 'chance', evaluation };
}

function rankPart(recommender, part, { items }) {
  return evaluate(recommender, cohortOf(users[part], items), { mask: 'none', cutoffs: [CUTOFF], keepTop: 0 });
}

function sayRanked({ model, metrics }, more = '') {
  say(`  ${model}: ${METRICS.map((metric) => `${metric} ${four(metrics[metric])}`)}${more}`);
}

/** Where a user is in the target's domain by what they had there, which no mapping has seen. */
function hiddenVector({ artefact, positions }, id) {
  const known = [...domains.target.get(id)].map((item) => positions.get(item)).filter((place) => place !== undefined);
  return encodeHistory(artefact, Uint32Array.from(known), new Float32Array(known.length).fill(1)).subarray(0, -1);
}

/** Nothing is known of the users in this domain; what they have there is to be found. Items nobody else has are misses. */
function cohortOf(ids, vocabulary) {
  const positions = new Map(vocabulary.map((id, position) => [id, position]));
  const unknownRelevant = new Uint32Array(ids.length);
  const pairs = [];
  ids.forEach((id, row) => {
    for (const item of domains.target.get(id)) {
      if (positions.has(item)) pairs.push([row, positions.get(item)]);
      else unknownRelevant[row]++;
    }
  });
  const matrixOf = (entries) =>
    matrixFromTriples(
      ids.length,
      vocabulary.length,
      Uint32Array.from(entries, ([row]) => row),
      Uint32Array.from(entries, ([, column]) => column),
      new Float32Array(entries.length).fill(1),
    );
  const everybody = Uint32Array.from(ids.keys());
  return {
    itemCount: vocabulary.length,
    histories: matrixOf([]),
    times: undefined,
    users: everybody,
    relevant: matrixOf(pairs),
    unknownRelevant,
  };
}

/** Each user's metrics are averaged over the seeds first; intervals and differences are over users. */
function summarise(all) {
  const arms = all[0].results.map((_, place) => armOf(all.map(({ results }) => results[place])));
  const byName = new Map(arms.map((arm) => [arm.model, arm]));
  return {
    arms: arms.map((arm) => ({ arm: arm.model, ...meansOf(arm), priorWeights: arm.priorWeights })),
    comparisons: AGAINST.flatMap(([a, b]) => differencesOf(byName.get(a), byName.get(b))),
  };
}

function armOf(perSeed) {
  const [{ name, evaluation }] = perSeed;
  const average = (metric) => {
    const values = perSeed.map((result) => result.evaluation.perUser[metric]);
    return values[0].map((_, user) => values.reduce((sum, each) => sum + each[user], 0) / values.length);
  };
  const measured = [...METRICS, FOUND].filter((metric) => evaluation.perUser[metric] !== undefined);
  return {
    model: name,
    perUser: Object.fromEntries(measured.map((metric) => [metric, average(metric)])),
    userRows: evaluation.userRows,
    priorWeights: perSeed.flatMap(({ priorWeight }) => priorWeight ?? []),
  };
}

/** Of each metric the mean with its interval: the difference to zero. */
function meansOf(arm) {
  const zeros = Object.fromEntries(
    Object.entries(arm.perUser).map(([metric, values]) => [metric, values.map(() => 0)]),
  );
  const means = Object.keys(arm.perUser).map((metric) => {
    const { difference, interval } = compare(arm, { ...arm, perUser: zeros }, metric, BOOTSTRAP);
    return [metric, { mean: fiveDecimals(difference), interval: interval.map(fiveDecimals) }];
  });
  return Object.fromEntries(means);
}

function differencesOf(a, b) {
  return Object.keys(b.perUser).map((metric) => {
    const { difference, interval, pPermutation } = compare(a, b, metric, BOOTSTRAP);
    const p = rounded(pPermutation);
    return {
      a: a.model,
      b: b.model,
      metric,
      difference: fiveDecimals(difference),
      interval: interval.map(fiveDecimals),
      p,
    };
  });
}

function seconds(since) {
  return Math.round((performance.now() - since) / 100) / 10;
}

function four(value) {
  return value === undefined ? 'degenerate' : value.toFixed(4);
}
