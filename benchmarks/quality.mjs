// What the methods reach on public sets: `kindred benchmark` with its defaults on each, one table, one JSON.
//   node benchmarks/quality.mjs [--sets cfgan,lastfm,movielens-time,uci,retailrocket] [--methods inductive,ease] [--seeds 1]
//        [--engine auto] [--out results/quality.json]
// Sets are read from KINDRED_DATASETS (default ../shared/datasets); absent ones are named and left out. The test parts
// are read for these figures only: nothing is chosen on them.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchmark } from '@kindred/pipeline';
import { machine, writeReport } from './measurements.mjs';

const root = process.env.KINDRED_DATASETS ?? path.join(import.meta.dirname, '../../shared/datasets');
const file = (name) => path.join(root, name);
const given = (folder) => ({
  train: file(`${folder}train.tsv.gz`),
  test: file(`${folder}test.tsv.gz`),
});
const last28Days = { split: { kind: 'time', test: { days: 28 }, validation: { days: 28 } } };

const SETS = {
  cfgan: { source: given('movielens-100k/splits/cfgan.') },
  lastfm: { source: given('lastfm-lightgcn/') },
  'movielens-time': {
    source: { data: file('movielens-100k/interactions.tsv.gz') },
    pair: { split: { kind: 'time' } },
  },
  uci: { source: { data: file('uci-online-retail/interactions.tsv.gz') }, pair: last28Days },
  retailrocket: { source: given('retailrocket-sslrec/') },
  gowalla: { source: given('gowalla-lightgcn/') },
};
const SHOWN = ['precision@20', 'recall@20', 'ndcg@20'];

const { values: flags } = parseArgs({
  options: {
    sets: { type: 'string', default: 'cfgan,lastfm,movielens-time,uci,retailrocket' },
    methods: { type: 'string', default: '' },
    seeds: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'auto' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/quality.json') },
  },
});

const progress = { say: (message) => process.stderr.write(`${message}\n`), advance: () => undefined };
const loadBefore = os.loadavg();
const results = {};
for (const name of flags.sets.split(',')) {
  const set = SETS[name];
  if (set === undefined) throw new Error(`there is no set ${name}; there are ${Object.keys(SETS).join(', ')}`);
  if (!Object.values(set.source).every(existsSync)) {
    console.log(`${name} is left out: it is not in ${root}`);
    continue;
  }
  results[name] = await measure(name, set);
}
writeReport(flags.out, {
  benchmark: 'quality',
  command: `node benchmarks/quality.mjs --sets ${flags.sets} --seeds ${flags.seeds}`,
  date: new Date().toISOString(),
  node: process.version,
  machine: machine(loadBefore),
  results,
});

async function measure(name, { source, pair = {} }) {
  const out = await mkdtemp(path.join(os.tmpdir(), 'kindred-quality-'));
  try {
    const { dataset, methods } = await benchmark({
      source,
      pair,
      methods: flags.methods === '' ? [] : flags.methods.split(','),
      settings: {},
      engine: flags.engine,
      seed: 1,
      seeds: Number(flags.seeds),
      mask: 'seen',
      out,
      progress,
    });
    const rows = methods.map(({ name: method, seed, engine, seconds, settings, metrics, intervals, buckets }) => ({
      method,
      seed,
      engine,
      seconds,
      settings,
      metrics: pick(metrics),
      intervals: pick(intervals),
      usersWithHistory: withHistory(buckets),
    }));
    console.log(`\n${name}: ${dataset.testUsers} test users, ${dataset.newUsers} of them new`);
    console.table(
      rows.map(({ method, seed, metrics, usersWithHistory, seconds }) => ({
        method,
        seed,
        ...metrics,
        'ndcg@20, users with a history': usersWithHistory?.['ndcg@20'],
        'train s': seconds.train,
      })),
    );
    return { dataset, methods: rows };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function pick(record) {
  return Object.fromEntries(SHOWN.map((metric) => [metric, rounded(record[metric])]));
}

function withHistory(buckets) {
  const bucket = buckets.find(({ name }) => name === 'users with a history');
  return bucket && { users: bucket.users, ...pick(bucket.metrics) };
}

function rounded(value) {
  return Array.isArray(value) ? value.map(rounded) : Number(value.toFixed(4));
}
