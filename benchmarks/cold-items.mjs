// What `clip` makes of items that nobody has had yet. A tenth of the items is held out of training wholly, with all their
// events; only they are ranked, for every user who took one of them and something else. Beside it: TF-IDF cosine to the
// history's texts, chance, and (known only afterwards) the cold items' own popularity. Then the warm ranking beside
// `inductive`, by `kindred benchmark --items`.
//   node benchmarks/cold-items.mjs [--sets movielens-100k,uci-online-retail] [--seeds 3] [--part test] [--set clip.key=value]
//        [--warm yes] [--engine auto] [--out results/cold-items.json]
// --part validation ranks another tenth, with the test's tenth out of training too: settings are chosen there.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from '@kindred/compute';
import { itemTexts, readItems } from '@kindred/datasets';
import { emptyMatrix, matrixFromTriples, Random, rowEntries } from '@kindred/domain';
import { evaluate } from '@kindred/evaluation';
import { bucketWeights, encodeHistory, encodeItemText, getMethod, resolveSettings, textMatrix } from '@kindred/models';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { benchmark, readTableEvents } from '@kindred/pipeline';
import { commandLine, machine, writeReport } from './measurements.mjs';
import { datasetRoot } from './sets.mjs';

const file = (name) => path.join(datasetRoot, name);
const set = (folder, warm) => ({
  data: file(`${folder}/interactions.tsv.gz`),
  items: file(`${folder}/items.tsv.gz`),
  warm,
});
const SETS = {
  'movielens-100k': set('movielens-100k', { split: { kind: 'time' } }),
  'movielens-1m': set('movielens-1m', { split: { kind: 'random' } }),
  'amazon-beauty-s3rec': set('amazon-beauty-s3rec', { split: { kind: 'random' } }),
  'uci-online-retail': set('uci-online-retail', {
    split: { kind: 'time', test: { days: 28 }, validation: { days: 28 } },
  }),
};
/** One item in so many is held out for the test, and another for choosing settings. */
const HELD_OUT = 10;
const CUTOFFS = [10, 20];
/** Of the content baseline: so many that terms hardly collide. */
const PROFILE_BUCKETS = 131_072;

const { values: flags } = parseArgs({
  options: {
    sets: { type: 'string', default: Object.keys(SETS).join(',') },
    seeds: { type: 'string', default: '3' },
    part: { type: 'string', default: 'test' },
    set: { type: 'string', multiple: true, default: [] },
    warm: { type: 'string', default: 'yes' },
    engine: { type: 'string', default: 'auto' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/cold-items.json') },
  },
});
const given = Object.fromEntries(flags.set.map((pair) => pair.split('=')));

const loadBefore = os.loadavg();
const results = {};
for (const name of flags.sets.split(',')) {
  const source = SETS[name];
  if (source === undefined) throw new Error(`there is no set ${name}; there are ${Object.keys(SETS).join(', ')}`);
  if (!existsSync(source.data)) {
    console.log(`${name} is left out: it is not in ${datasetRoot}`);
    continue;
  }
  const texts = itemTexts(await readItems(source.items));
  const cold = [];
  for (let seed = 1; seed <= Number(flags.seeds); seed++) cold.push(await measureCold(source, texts, seed));
  results[name] = { cold: means(cold), seeds: cold.length, ...cold[0].sizes };
  console.log(`\n${name}: ${JSON.stringify(cold[0].sizes)}, mean of ${cold.length} seeds`);
  console.table(results[name].cold);
  if (flags.warm === 'yes') {
    results[name].warm = await measureWarm(source);
    console.table(results[name].warm);
  }
}
if (flags.part === 'test') {
  writeReport(flags.out, {
    benchmark: 'cold-items',
    command: commandLine(),
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(loadBefore),
    settings: given,
    results,
  });
}

/** Trains without the cold items and ranks only them. */
async function measureCold({ data }, texts, seed) {
  const events = [...(await readTableEvents(data))].flat();
  const isCold = coldItems([...new Set(events.map(({ itemId }) => itemId))].sort(), seed);
  const snapshot = await buildSnapshotInMemory([events.filter(({ itemId }) => isCold(itemId) === 'warm')], {});
  const part = await snapshot.part('serve');
  const coldPairs = events.filter(({ itemId }) => isCold(itemId) === flags.part);
  const { cohort, coldIds } = coldCohort(part, coldPairs);

  const engine = await loadEngine(flags.engine);
  try {
    const started = performance.now();
    const artefact = await train(engine, part, texts, seed);
    const trainSeconds = (performance.now() - started) / 1000;
    const random = new Random(seed, 'chance');
    const scores = {
      clip: clipScores(artefact, part.data.positives, coldIds, texts),
      'text profile': profileScores(part, coldIds, texts),
      chance: () => Float32Array.from(coldIds, () => random.next()),
      'own popularity, known afterwards': popularityScores(coldPairs, coldIds),
    };
    const metrics = {};
    for (const [name, scoresOf] of Object.entries(scores)) metrics[name] = await rank(name, cohort, scoresOf);
    return {
      metrics,
      sizes: {
        users: part.users.length,
        warmItems: part.items.length,
        coldItems: coldIds.length,
        coldWithText: coldIds.filter((id) => texts.has(id)).length,
        askedUsers: cohort.histories.rowCount,
        coldPairs: cohort.relevant.columns.length,
        trainSeconds: Number(trainSeconds.toFixed(1)),
      },
    };
  } finally {
    await engine.dispose();
  }
}

/** Which tenth an item belongs to: `test` and `validation` are out of training, unless the test is ranked. */
function coldItems(itemIds, seed) {
  const order = new Random(seed, 'cold items').shuffle(Uint32Array.from(itemIds.keys()));
  const size = Math.floor(itemIds.length / HELD_OUT);
  const parts = new Map();
  order.forEach((item, rank) => {
    if (rank < size) parts.set(itemIds[item], 'test');
    else if (rank < 2 * size && flags.part === 'validation') parts.set(itemIds[item], 'validation');
  });
  return (itemId) => parts.get(itemId) ?? 'warm';
}

/** The users of training who took a cold item, and what they took. Columns are cold items. */
function coldCohort(part, coldPairs) {
  const rowOf = new Map(part.users.map((id, row) => [id, row]));
  const coldIds = [...new Set(coldPairs.map(({ itemId }) => itemId))].sort();
  const columnOf = new Map(coldIds.map((id, column) => [id, column]));
  const taken = new Map();
  for (const { userId, itemId } of coldPairs) {
    const row = rowOf.get(userId);
    if (row === undefined) continue;
    if (!taken.has(row)) taken.set(row, new Set());
    taken.get(row).add(columnOf.get(itemId));
  }
  const users = Uint32Array.from(taken.keys()).sort();
  const pairs = [...users].flatMap((row, at) => [...taken.get(row)].map((column) => [at, column]));
  const relevant = matrixFromTriples(
    users.length,
    coldIds.length,
    Uint32Array.from(pairs, ([at]) => at),
    Uint32Array.from(pairs, ([, column]) => column),
    new Float32Array(pairs.length).fill(1),
  );
  const histories = emptyMatrix(users.length, coldIds.length);
  const unknownRelevant = new Uint32Array(users.length);
  return {
    cohort: { itemCount: coldIds.length, histories, times: undefined, users, relevant, unknownRelevant },
    coldIds,
  };
}

async function train(engine, part, texts, seed) {
  const method = getMethod('clip');
  const run = await method.prepare({
    data: part.data,
    itemTexts: part.items.map((id) => texts.get(id)),
    settings: resolveSettings(method.settings, given),
    engine,
    seed,
  });
  for (let step = 0; step < run.plannedEpochs * run.stepsPerEpoch; step++) await run.step();
  return run.artefact({ users: part.users, items: part.items });
}

/** Scores of the cold items for a user: the inner product of the history's vector with the text's. */
function clipScores(artefact, positives, coldIds, texts) {
  const vectors = coldIds.map((id) => encodeItemText(artefact, texts.get(id) ?? ''));
  return (user) => {
    const query = encodeHistory(artefact, ...rowEntries(positives, user));
    return Float32Array.from(vectors, (vector) => (vector === undefined ? -1 : dot(query, vector)));
  };
}

/** Cosine of the TF-IDF row of a cold item to the sum of the history's rows. */
function profileScores({ data, items }, coldIds, texts) {
  const weights = bucketWeights(
    items.map((id) => texts.get(id)),
    PROFILE_BUCKETS,
  );
  const warm = textMatrix(
    items.map((id) => texts.get(id)),
    weights,
  );
  const cold = textMatrix(
    coldIds.map((id) => texts.get(id)),
    weights,
  );
  const profile = new Float32Array(PROFILE_BUCKETS);
  return (user) => {
    profile.fill(0);
    for (const item of rowEntries(data.positives, user)[0]) {
      const [columns, values] = rowEntries(warm, item);
      columns.forEach((bucket, k) => {
        profile[bucket] += values[k];
      });
    }
    return Float32Array.from(coldIds, (_, column) => {
      const [columns, values] = rowEntries(cold, column);
      return columns.reduce((sum, bucket, k) => sum + profile[bucket] * values[k], 0);
    });
  };
}

function popularityScores(coldPairs, coldIds) {
  const users = new Map(coldIds.map((id) => [id, new Set()]));
  for (const { userId, itemId } of coldPairs) users.get(itemId).add(userId);
  const popularity = Float32Array.from(coldIds, (id) => users.get(id).size);
  return () => popularity;
}

async function rank(name, cohort, scoresOf) {
  const { itemCount } = cohort;
  const recommender = {
    name,
    itemCount,
    async score({ users }, scores) {
      users.forEach((user, row) => {
        scores.set(scoresOf(user), row * itemCount);
      });
    },
  };
  const { metrics } = await evaluate(recommender, cohort, { mask: 'none', cutoffs: CUTOFFS, keepTop: 0 });
  return pick(metrics, ['ndcg@20', 'recall@20', 'ndcg@10', 'hitRate@10']);
}

/** Means of the seeds, and the spread of the first metric. */
function means(runs) {
  return Object.fromEntries(
    Object.keys(runs[0].metrics).map((name) => {
      const rows = runs.map(({ metrics }) => metrics[name]);
      const mean = (metric) => rows.reduce((sum, row) => sum + row[metric], 0) / rows.length;
      const row = Object.fromEntries(Object.keys(rows[0]).map((metric) => [metric, four(mean(metric))]));
      const squares = rows.reduce((sum, each) => sum + (each['ndcg@20'] - mean('ndcg@20')) ** 2, 0);
      return [name, { ...row, 'ndcg@20 sd': four(Math.sqrt(squares / Math.max(1, rows.length - 1))) }];
    }),
  );
}

async function measureWarm({ data, items, warm }) {
  const out = await mkdtemp(path.join(os.tmpdir(), 'kindred-cold-'));
  try {
    const { methods } = await benchmark({
      source: { data },
      items,
      pair: warm,
      methods: ['clip', 'inductive'],
      settings: given,
      engine: flags.engine,
      seed: 1,
      seeds: 1,
      mask: 'seen',
      out,
      progress: { say: (message) => process.stderr.write(`${message}\n`), advance: () => undefined },
    });
    return Object.fromEntries(
      methods.map(({ name, metrics, intervals, seconds }) => [
        name,
        {
          ...pick(metrics, ['ndcg@20', 'recall@20']),
          interval: intervals['ndcg@20'].map(four),
          seconds: seconds.train,
        },
      ]),
    );
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function pick(record, names) {
  return Object.fromEntries(names.map((name) => [name, four(record[name])]));
}

function four(value) {
  return Number(value.toFixed(4));
}
