// Events a second through POST /v1/events in batches of 500, durable (fsync) before each answer.
//   node benchmarks/events.mjs [--rounds 5] [--batches 60] [--batch 500] [--senders 4] [--out results/events.json]
// Embedded Postgres with its settings of every day in a temporary folder that is removed; the senders live in a thread
// of their own; every batch is new events, made ready before the clock starts, and every one must be accepted.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startApi } from '@kindred/api-app';
import { openStorage } from '@kindred/pipeline';
import { countEvents } from '@kindred/storage';
import { pino } from 'pino';
import { commandLine, machine, spread, writeReport } from './measurements.mjs';
import { shopEvents } from './shop-events.mjs';

if (isMainThread) await main();
else await sendRounds(workerData);

async function main() {
  const { values: flags } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      batches: { type: 'string', default: '60' },
      batch: { type: 'string', default: '500' },
      senders: { type: 'string', default: '4' },
      out: { type: 'string', default: path.join(import.meta.dirname, '../results/events.json') },
    },
  });
  const [rounds, batches, batch, senders] = [flags.rounds, flags.batches, flags.batch, flags.senders].map(Number);
  const loadBefore = os.loadavg();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'kindred-benchmark-'));
  const storage = await openStorage({ databaseUrl: undefined, dataDir, applicationName: 'benchmark' });
  try {
    const { database, databaseUrl } = storage;
    const logger = pino({ level: 'info' }, pino.destination('/dev/null'));
    const api = await startApi({ database, databaseUrl, queues: undefined, host: '127.0.0.1', port: 0, logger });
    const measured = await sendFromThread({ url: api.url, rounds, batches, batch, senders });
    await api.close({ graceMs: 2000 });
    const stored = await countEvents(database.db);
    const sent = (rounds + 1) * batches * batch;
    if (stored !== sent) throw new Error(`${sent} events were sent, ${stored} are stored`);
    const perSecond = spread(measured.rounds.map((ms) => (1000 * batches * batch) / ms));
    console.log(`${measured.dataset}, batches of ${batch}, ${senders} senders, durable`);
    console.log(`events  ${perSecond.median} / s  (${perSecond.min} to ${perSecond.max})`);
    writeReport(flags.out, {
      benchmark: 'events',
      command: commandLine(),
      date: new Date().toISOString(),
      machine: machine(loadBefore),
      versions: { node: process.versions.node },
      settings: { dataset: measured.dataset, rounds, batches, batch, senders },
      results: { eventsPerSecond: perSecond },
    });
  } finally {
    await storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function sendFromThread(task) {
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
}

/** One round to warm up, then the measured ones. */
async function sendRounds({ url, rounds, batches, batch, senders }) {
  const { name, events } = await shopEvents();
  const agent = new Agent({ keepAlive: true, maxSockets: senders });
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    const bodies = Array.from({ length: batches }, (_, k) => bodyOf(events, round * batches + k, batch));
    const started = performance.now();
    await Promise.all(Array.from({ length: senders }, () => sendAll(`${url}/v1/events`, agent, bodies, batch)));
    if (round > 0) times.push(performance.now() - started);
  }
  agent.destroy();
  parentPort.postMessage({ dataset: name, rounds: times });
}

/** The n-th batch of events that no batch before it held: past the end of the log it begins anew under other ids. */
function bodyOf(events, number, size) {
  const batch = Array.from({ length: size }, (_, k) => {
    const { userId, itemId, type, timeMs, value } = events[(number * size + k) % events.length];
    return { userId, itemId, type, time: new Date(timeMs).toISOString(), value, id: `${number}-${k}` };
  });
  return Buffer.from(JSON.stringify({ events: batch }));
}

async function sendAll(url, agent, bodies, size) {
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    const { accepted } = await post(url, agent, body);
    if (accepted !== size) throw new Error(`${accepted} of ${size} events were accepted`);
  }
}

function post(url, agent, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    sending.on('error', reject);
    sending.end(body);
  });
}
