// What the methods reach on public sets: `kindred benchmark` with its defaults on each, one table, one JSON.
//   node benchmarks/quality.mjs [--sets cfgan,lastfm,movielens-time,uci,retailrocket] [--methods inductive,ease] [--seeds 1]
//        [--engine auto] [--out results/quality.json]
// Sets are read from KINDRED_DATASETS (default ../shared/datasets); absent ones are named and left out. The test parts
// are read for these figures only: nothing is chosen on them.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchmark } from '@kindred/pipeline';
import { machine, writeReport } from './measurements.mjs';
import { getSet, presentSets, withSet } from './sets.mjs';

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
for (const name of presentSets(flags.sets.split(','))) results[name] = await measure(name);
writeReport(flags.out, {
  benchmark: 'quality',
  command: `node benchmarks/quality.mjs --sets ${flags.sets} --seeds ${flags.seeds}`,
  date: new Date().toISOString(),
  node: process.version,
  machine: machine(loadBefore),
  results,
});

/** A set whose split the seed decides is divided anew for each seed. */
async function measure(name) {
  const seeds = Number(flags.seeds);
  const calls = getSet(name).seeded
    ? Array.from({ length: seeds }, (_, k) => ({ seed: k + 1, seeds: 1 }))
    : [{ seed: 1, seeds }];
  const reports = [];
  for (const call of calls) reports.push(await benchmarkOf(name, call));
  const [{ dataset }] = reports;
  const rows = reports.flatMap(({ methods }) => methods).map(rowOf);
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
}

async function benchmarkOf(name, { seed, seeds }) {
  const out = await mkdtemp(path.join(os.tmpdir(), 'kindred-quality-'));
  const methods = flags.methods === '' ? [] : flags.methods.split(',');
  try {
    return await withSet(name, { seed }, (opened) =>
      benchmark({ ...opened, methods, settings: {}, engine: flags.engine, seed, seeds, out, progress }),
    );
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function rowOf({ name: method, seed, engine, seconds, settings, metrics, intervals, buckets }) {
  const means = { metrics: pick(metrics), intervals: pick(intervals), usersWithHistory: withHistory(buckets) };
  return { method, seed, engine, seconds, settings, ...means };
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
