// Recommendations a second over HTTP, next to raw hnswlib on the same index and the same users, in one run.
//   node benchmarks/serve.mjs [--rounds 5] [--seconds 2] [--connections 16] [--out results/serve.json]
// Three ways in turn, round after round, so that a change of the machine's speed meets each alike:
//   http        GET /v1/users/{id}/recommendations?limit=10: newest events from Postgres, vector, search, titles, JSON;
//               autocannon on a thread of its own, over loopback
//   recommend   the same answer in memory: history → vector → search → what was seen left out
//   hnswlib     searchKnn alone, ten neighbours of ready-made user vectors
// Everything lives in a temporary folder (embedded Postgres, a model trained for two epochs) that is removed.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startApi } from '@kindred/api-app';
import { encodeHistory } from '@kindred/models/artefact';
import { interactionsOfUser, resolvePairSettings } from '@kindred/pairs';
import { executeRun, folders, openStorage, silentProgress } from '@kindred/pipeline';
import { ITEM_INDEX_FOLDER, loadServingModel, recommend } from '@kindred/serving';
import { getModel, newestEventsOfUser, putItems, storeEventBatch } from '@kindred/storage';
import autocannon from 'autocannon';
import hnswlib from 'hnswlib-node';
import { pino } from 'pino';
import { commandLine, machine, rounded, spread, writeReport } from './measurements.mjs';
import { shopEvents } from './shop-events.mjs';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/serve.json') },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const connections = Number(flags.connections);
const LIMIT = 10;
const USERS = 1000;
const NEWEST_EVENTS = 500;

const loadBefore = os.loadavg();
const dataDir = await mkdtemp(path.join(os.tmpdir(), 'kindred-benchmark-'));
const storage = await openStorage({ databaseUrl: undefined, dataDir, applicationName: 'benchmark' });
try {
  await measure(storage);
} finally {
  await storage.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function measure({ database, databaseUrl }) {
  const { name, users, modelId } = await prepareShop(database);
  const logger = pino({ level: 'info' }, pino.destination('/dev/null'));
  const api = await startApi({ database, databaseUrl, queues: undefined, dataDir, host: '127.0.0.1', port: 0, logger });
  try {
    const memory = await inMemory(database, modelId, users);
    const results = { http: [], recommend: [], hnswlib: [] };
    await requestsOf(api.url, users, 1);
    for (let round = 0; round < rounds; round++) {
      results.http.push(await requestsOf(api.url, users, seconds));
      results.recommend.push(callsPerSecond(memory.recommend, seconds / 2));
      results.hnswlib.push(callsPerSecond(memory.searchKnn, seconds / 2));
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    }
    report(name, memory, results);
  } finally {
    await api.close({ graceMs: 2000 });
  }
}

/** Events and titles into the database, and a model by the stages of the pipeline. */
async function prepareShop(database) {
  const { name, events, items } = await shopEvents();
  process.stderr.write(`${name}: ${events.length} events\n`);
  for (let k = 0; k < events.length; k += 10_000)
    await storeEventBatch(database.db, events.slice(k, k + 10_000), 'benchmark');
  await putItems(database.db, items);
  const settings = { set: { epochs: 2 }, index: 'hnsw', force: true };
  const stages = ['pair', 'train', 'index', 'promote'];
  const run = await executeRun({ database, dataDir, progress: silentProgress }, { stages, settings });
  const ids = [...new Set(events.map((event) => event.userId))];
  const users = Array.from({ length: USERS }, (_, k) => ids[Math.floor((k * ids.length) / USERS)]);
  return { name, users, modelId: run.results.promote.modelId };
}

/** What the API works with, held in memory: histories, vectors, and the index as hnswlib itself opens it. */
async function inMemory(database, modelId, users) {
  const folder = folders.served((await getModel(database.db, modelId)).path);
  const { model } = await loadServingModel(folder, modelId);
  const histories = [];
  const queries = [];
  for (const user of users) {
    const events = await newestEventsOfUser(database.db, user, NEWEST_EVENTS);
    const interactions = await interactionsOfUser(events, resolvePairSettings());
    const history = interactions.map(({ itemId, signedStrength }) => ({ itemId, strength: signedStrength }));
    histories.push(history);
    const known = history.filter(({ itemId }) => model.positions.has(itemId));
    const positions = Uint32Array.from(known, ({ itemId }) => model.positions.get(itemId));
    const vector = encodeHistory(
      model.artefact,
      positions,
      Float32Array.from(known, ({ strength }) => strength),
    );
    queries.push([...vector, 0]);
  }
  const indexFolder = path.join(folder, ITEM_INDEX_FOLDER);
  const manifest = JSON.parse(await readFile(path.join(indexFolder, 'index.json'), 'utf8'));
  const index = new hnswlib.HierarchicalNSW('ip', model.artefact.dimensions + 1);
  await index.readIndex(path.join(indexFolder, manifest.file.name));
  index.setEf(manifest.efSearch);
  return {
    manifest,
    recommend: (k) =>
      recommend(model, { history: histories[k % USERS], limit: LIMIT, excludeSeen: true, excludeItems: [] }),
    searchKnn: (k) => index.searchKnn(queries[k % USERS], LIMIT),
  };
}

function callsPerSecond(call, durationSeconds) {
  const started = performance.now();
  const end = started + durationSeconds * 1000;
  let calls = 0;
  while (performance.now() < end) for (let k = 0; k < 20; k++) call(calls++);
  return (1000 * calls) / (performance.now() - started);
}

async function requestsOf(url, users, durationSeconds) {
  const requests = users.map((user) => ({
    method: 'GET',
    path: `/v1/users/${encodeURIComponent(user)}/recommendations?limit=${LIMIT}`,
  }));
  const result = await autocannon({ url, requests, connections, duration: durationSeconds, workers: 1 });
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(`${result.errors} errors and ${result.non2xx} answers that are no success`);
  }
  return { perSecond: result['2xx'] / result.duration, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}

function report(dataset, { manifest }, results) {
  const http = {
    perSecond: spread(results.http.map((round) => round.perSecond)),
    p50Ms: spread(results.http.map((round) => round.p50Ms)),
    p99Ms: spread(results.http.map((round) => round.p99Ms)),
  };
  const inMemoryCalls = { perSecond: spread(results.recommend) };
  const raw = { perSecond: spread(results.hnswlib) };
  const ratio = rounded(raw.perSecond.median / http.perSecond.median);
  const index = {
    items: manifest.size,
    dimensions: manifest.dimensions,
    efSearch: manifest.efSearch,
    recall: manifest.recall,
  };
  console.log(
    `${dataset}, ${index.items} items x ${index.dimensions}, ef ${index.efSearch}, ${connections} connections`,
  );
  print('http', http.perSecond, `p50 ${http.p50Ms.median} ms  p99 ${http.p99Ms.median} ms`);
  print('recommend', inMemoryCalls.perSecond, '');
  print('hnswlib', raw.perSecond, `${ratio} times the requests over HTTP`);
  writeReport(flags.out, {
    benchmark: 'serve',
    command: commandLine(),
    date: new Date().toISOString(),
    machine: machine(loadBefore),
    versions: {
      node: process.versions.node,
      hnswlibNode: createRequire(import.meta.url)('hnswlib-node/package.json').version,
    },
    settings: { dataset, users: USERS, limit: LIMIT, connections, rounds, seconds },
    index,
    results: { http, recommend: inMemoryCalls, hnswlib: raw },
  });
}

function print(name, { median, min, max }, more) {
  console.log(`${name.padEnd(10)} ${String(median).padStart(8)} / s  (${min} to ${max})  ${more}`);
}
