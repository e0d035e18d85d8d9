// Trains the default method (and others on request) on public sets and prints what it reaches beside what it should.
//   node benchmarks/quality-check.mjs [--sets cfgan,lastfm,movielens-time,uci,gowalla] [--methods inductive,two-tower]
//        [--engine auto] [--seeds 1] [--set name=value …] [--verbose]
// Sets are read from KINDRED_DATASETS (default ../shared/datasets). Full ranking, train items masked. The test part is
// read for the printed figures only: nothing is chosen on it.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { loadEngine } from '@kindred/compute';
import { matrixFromTriples } from '@kindred/domain';
import { evaluate, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender } from '@kindred/models';
import { trainModel } from '@kindred/training';

const DAY_MS = 86_400_000;
const HALF_LIFE_DAYS = 60;
const root = process.env.KINDRED_DATASETS ?? path.join(import.meta.dirname, '../../shared/datasets');

const SETS = {
  cfgan: {
    load: () => given('movielens-100k/splits/cfgan.train.tsv.gz', 'movielens-100k/splits/cfgan.test.tsv.gz'),
    expected: { 'recall@20': 0.36, 'ndcg@20': 0.44 },
  },
  lastfm: {
    load: () => given('lastfm-lightgcn/train.tsv.gz', 'lastfm-lightgcn/test.tsv.gz'),
    expected: { 'recall@20': 0.28, 'ndcg@20': 0.22 },
  },
  'movielens-time': {
    load: () => byTime('movielens-100k/interactions.tsv.gz', (rows) => rows[Math.floor(rows.length * 0.9)].timeMs),
    expected: { 'recall@20': 0.269, 'ndcg@20': 0.2968 },
  },
  uci: {
    load: () => byTime('uci-online-retail/interactions.tsv.gz', (rows) => rows.at(-1).timeMs - 28 * DAY_MS),
    expected: { 'recall@20': 0.1358, 'ndcg@20': 0.1481 },
  },
  gowalla: {
    load: () => given('gowalla-lightgcn/train.tsv.gz', 'gowalla-lightgcn/test.tsv.gz'),
    expected: { 'recall@20': 0.1865, 'ndcg@20': 0.1547 },
  },
};

function readRows(file) {
  const [header, ...lines] = gunzipSync(readFileSync(path.join(root, file)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  const names = header.split('\t');
  const [user, item, time] = ['user_id', 'item_id', 'timestamp'].map((name) => names.indexOf(name));
  return lines.map((line) => {
    const fields = line.split('\t');
    return { user: fields[user], item: fields[item], timeMs: time < 0 ? undefined : Number(fields[time]) * 1000 };
  });
}

function given(trainFile, testFile) {
  return prepare(
    readRows(trainFile).map((row) => ({ ...row, timeMs: undefined })),
    readRows(testFile),
  );
}

function byTime(file, borderOf) {
  const rows = readRows(file).sort((a, b) => a.timeMs - b.timeMs);
  const border = borderOf(rows);
  return prepare(
    rows.filter((row) => row.timeMs < border),
    rows.filter((row) => row.timeMs >= border),
  );
}

/** Distinct pairs with their newest time; users and items of train, held-out ones of unknown items counted. */
function prepare(trainRows, testRows) {
  const users = new Map();
  const items = new Map();
  const indexOf = (map, key) => {
    if (!map.has(key)) map.set(key, map.size);
    return map.get(key);
  };
  const newest = new Map();
  for (const { user, item, timeMs } of trainRows) {
    const key = indexOf(users, user) * 2 ** 26 + indexOf(items, item);
    newest.set(key, Math.max(newest.get(key) ?? 0, timeMs ?? 0));
  }
  const keys = [...newest.keys()];
  const order = new Uint32Array(keys.length);
  const positives = matrixFromTriples(
    users.size,
    items.size,
    Uint32Array.from(keys, (key) => Math.floor(key / 2 ** 26)),
    Uint32Array.from(keys, (key) => key % 2 ** 26),
    new Float32Array(keys.length).fill(1),
    order,
  );
  const timed = trainRows[0].timeMs !== undefined;
  const times = timed ? Float64Array.from(order, (k) => newest.get(keys[k])) : undefined;
  const endTimeMs = timed ? times.reduce((a, b) => Math.max(a, b), 0) : undefined;
  const weights = timed
    ? Float32Array.from(times, (time) => 2 ** ((time - endTimeMs) / DAY_MS / HALF_LIFE_DAYS))
    : positives.values;
  const wanted = new Set();
  const unknownItems = new Uint32Array(users.size);
  for (const { user, item } of testRows) {
    const row = users.get(user);
    if (row === undefined) continue;
    if (items.has(item)) wanted.add(row * 2 ** 26 + items.get(item));
    else unknownItems[row]++;
  }
  const held = [...wanted];
  return {
    vocabulary: { users: [...users.keys()], items: [...items.keys()] },
    data: {
      positives,
      weights,
      times,
      endTimeMs,
      negatives: matrixFromTriples(users.size, items.size, ...noEntries()),
    },
    heldOut: {
      items: matrixFromTriples(
        users.size,
        items.size,
        Uint32Array.from(held, (key) => Math.floor(key / 2 ** 26)),
        Uint32Array.from(held, (key) => key % 2 ** 26),
        new Float32Array(held.length).fill(1),
      ),
      unknownItems,
    },
  };
}

function noEntries() {
  return [new Uint32Array(0), new Uint32Array(0), new Float32Array(0)];
}

const { values: flags } = parseArgs({
  options: {
    sets: { type: 'string', default: 'cfgan,lastfm,movielens-time,uci' },
    methods: { type: 'string', default: 'inductive' },
    engine: { type: 'string', default: 'auto' },
    seeds: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] },
    verbose: { type: 'boolean', default: false },
  },
});
const engine = await loadEngine(flags.engine);
console.log(`engine: ${engine.name} (${engine.description})`);
console.log(
  'set              method     seed  users  R@20    N@20    P@20    expected R/N     train s  epoch s  eval s',
);
for (const name of flags.sets.split(',')) {
  const { load, expected } = SETS[name];
  if (!existsSync(root)) throw new Error(`${root} is not there: set KINDRED_DATASETS`);
  const { data, heldOut, vocabulary } = load();
  const cohort = trainedCohort(data, heldOut, { mask: 'seen' });
  for (const methodName of flags.methods.split(',')) {
    for (let seed = 1; seed <= Number(flags.seeds); seed++) {
      const settings = Object.fromEntries(flags.set.map((pair) => pair.split('=')));
      const { artefact, curve, seconds } = await trainModel({
        method: methodName,
        settings,
        data,
        vocabulary,
        engine,
        seed,
        onProgress: flags.verbose ? (at) => at.kind === 'epoch' && console.error(at) : undefined,
      });
      if (flags.verbose) console.error(artefact.settings);
      const recommender = artefactRecommender(artefact, { matmul: engine.matmul.bind(engine) });
      const trained = performance.now();
      const { metrics } = await evaluate(recommender, cohort, { mask: 'seen', cutoffs: [10, 20], keepTop: 0 });
      const evaluated = (performance.now() - trained) / 1000;
      const perEpoch = (curve.at(-1).seconds - curve[0].seconds) / Math.max(1, curve.length - 1);
      const figure = (metric) => metrics[metric].toFixed(4);
      console.log(
        `${name.padEnd(17)}${methodName.padEnd(11)}${String(seed).padEnd(6)}${String(cohort.histories.rowCount).padEnd(7)}` +
          `${figure('recall@20')}  ${figure('ndcg@20')}  ${figure('precision@20')}  ` +
          `${expected['recall@20']} / ${expected['ndcg@20']}`.padEnd(17) +
          `${seconds.toFixed(1).padStart(7)}${perEpoch.toFixed(3).padStart(9)}${evaluated.toFixed(1).padStart(8)}`,
      );
    }
  }
}
