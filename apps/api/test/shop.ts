import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEngine } from '@kindred/compute';
import { syntheticShop } from '@kindred/datasets';
import { encodeHistory, saveArtefact } from '@kindred/models/artefact';
import { buildSnapshotInMemory, type Snapshot, type SnapshotPart } from '@kindred/pairs';
import { folders } from '@kindred/pipeline';
import { openQueues, type Queues } from '@kindred/queue';
import { buildUserDirectory, directionOf, ITEM_INDEX_FOLDER, loadServingModel } from '@kindred/serving';
import { advanceModel, createModel, promoteModel, putItems, recordSnapshot, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { trainModel } from '@kindred/training';
import { buildIndex } from '@kindred/vector-index';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { type RunningApi, startApi } from '../src/index.js';

export const SHOP = syntheticShop({ users: 60, items: 90, events: 2000, seed: 7 });
const METHOD_SETTINGS = { dimensions: 8, epochs: 2, batchSize: 32 };

/** A shop with its log, and models that were really trained on it; one a test file. */
export interface TrainedShop {
  readonly dataDir: string;
  readonly snapshot: Snapshot;
  readonly part: SnapshotPart;
}

let trained: Promise<TrainedShop> | undefined;

/** Trains `model-a` and `model-b` (another seed) the first time; afterwards the same again. */
export function trainedShop(): Promise<TrainedShop> {
  trained ??= trainShop();
  return trained;
}

async function trainShop(): Promise<TrainedShop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kindred-api-'));
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  const snapshot = await buildSnapshotInMemory([SHOP.events]);
  const part = await snapshot.part('serve');
  for (const [seed, id] of ['model-a', 'model-b'].entries()) {
    await trainInto(dataDir, id, part, { method: 'inductive', settings: METHOD_SETTINGS, seed });
  }
  return { dataDir, snapshot, part };
}

interface Training {
  readonly method: string;
  readonly settings: Readonly<Record<string, number>>;
  readonly seed: number;
}

/** Trains a model into its folder, with its indexes. */
export async function trainInto(dataDir: string, id: string, part: SnapshotPart, training: Training): Promise<void> {
  const engine = await loadEngine('cpu');
  const vocabulary = { users: part.users, items: part.items };
  const { artefact } = await trainModel({ ...training, data: part.data, vocabulary, engine });
  await engine.dispose();
  const folder = folders.served(folders.model(dataDir, id));
  await saveArtefact(folder, artefact);
  const { items, dimensions, itemVectors } = artefact;
  const query = encodeHistory(artefact, Uint32Array.of(0, 1), Float32Array.of(1, 1));
  await buildIndex(join(folder, ITEM_INDEX_FOLDER), itemVectors, dimensions, query);
  const { model } = await loadServingModel(folder, id);
  const width = dimensions - 1;
  const directions = new Float32Array(part.users.length * width);
  part.users.forEach((_, user) => {
    const [start, end] = [part.data.positives.offsets[user], part.data.positives.offsets[user + 1]];
    const columns = part.data.positives.columns.subarray(start, end);
    const history = Array.from(columns, (column) => ({ itemId: items[column] as string, strength: 1 }));
    directions.set(directionOf(model, history) ?? new Float32Array(width), user * width);
  });
  await buildUserDirectory(folder, part.users, directions, width);
}

export interface TestApi {
  readonly database: TestDatabase;
  readonly dataDir: string;
  readonly queues: Queues | undefined;
  readonly api: RunningApi;
  /** What was logged, one object a line. */
  readonly lines: Record<string, unknown>[];
  /** Requests with a JSON body where one is given. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export interface TestApiOptions {
  /** Default: `model-a` serves. `none`: both models are there, none was promoted. `empty`: no log, no models. */
  readonly state?: 'serving' | 'none' | 'empty';
  readonly queues?: boolean;
  readonly queueTimeoutMs?: number;
  readonly recheckMs?: number;
}

/** An API on a database of its own, with the shop's log, catalogue and models in it. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { state = 'serving' } = options;
  const database = await openTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'kindred-api-'));
  if (state !== 'empty') await fillShop(database, dataDir);
  if (state === 'serving') await promoteModel(database.db, 'model-a', 'test');
  const queues =
    options.queues === true
      ? await openQueues({ databaseUrl: database.url, timeoutMs: options.queueTimeoutMs })
      : undefined;
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  const { recheckMs } = options;
  const where = { host: '127.0.0.1', port: 0, dataDir };
  const api = await startApi({ database, databaseUrl: database.url, queues, logger, recheckMs, ...where });
  return {
    database,
    dataDir,
    queues,
    api,
    lines,
    send: (method, path, body, headers) => send(api.url, method, path, body, headers),
    close: async () => {
      await api.close({ graceMs: 1000 });
      await queues?.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function fillShop({ db }: TestDatabase, dataDir: string): Promise<void> {
  const { dataDir: trainedDir, snapshot } = await trainedShop();
  await cp(trainedDir, dataDir, { recursive: true });
  await storeEventBatch(db, SHOP.events, 'test');
  await putItems(db, SHOP.items);
  const { snapshotId } = snapshot.summary;
  await recordSnapshot(db, { id: snapshotId, path: 'in memory', manifest: snapshot.summary });
  for (const id of ['model-a', 'model-b']) {
    await createModel(db, { id, snapshotId, method: 'inductive', path: folders.model(dataDir, id) });
    await advanceModel(db, id, 'indexed', { index: { driver: 'hnsw' } });
  }
}

async function send(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
  const response = await fetch(`${url}${path}`, {
    method,
    body: raw ? (body as string | Uint8Array<ArrayBuffer> | undefined) : JSON.stringify(body),
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, headers: response.headers, text, body: parsed(type, text) };
}

function parsed(type: string, text: string): unknown {
  return /json/.test(type) && text !== '' ? JSON.parse(text) : undefined;
}
