import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticShop } from '@kindred/datasets';
import { KindredError, RUN_STAGES, type RunStage } from '@kindred/domain';
import {
  openQueues,
  type QueueConnection,
  type Queues,
  type RunningWorker,
  stageJobId,
  startWorker,
  type WorkerTiming,
} from '@kindred/queue';
import {
  createRun,
  finishRunStage,
  getRun,
  listRunEvents,
  listRuns,
  type Run,
  type RunStatus,
  requestCancel,
  startRunStage,
  storeEventBatch,
} from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createIngestHandler,
  createStageHandler,
  recordFailure,
  recoverRuns,
  type StageSurroundings,
  scheduleRetraining,
} from '../src/index.js';

const TIMING: Partial<WorkerTiming> = { lockMs: 1000, stalledCheckMs: 300, cancelPollMs: 100, abandonMs: 3000 };
/** Far shorter than the start of a child: a run is not taken for cancelled because its stage has not begun yet. */
const HEARTBEAT_MS = 50;
/** The settings that probes would climb are given, so that one probe is all. */
const GIVEN = { temperature: 0.2, offsetStrength: 1, negativeWeight: 1, userTable: 'off' };
const QUICK = { force: true, set: { dimensions: 8, epochs: 2, batchSize: 32, ...GIVEN } };
const LONG = { force: true, method: 'two-tower', set: { dimensions: 64, epochs: 1000, batchSize: 32 } };
const SHOP = syntheticShop({ users: 60, items: 90, events: 2000, seed: 7 });
const LOGGER = { info: () => {}, warn: () => {}, error: () => {} };

export interface QueueServer {
  /** Undefined: the queue lives in the database. */
  readonly redisUrl: string | undefined;
  stop(): Promise<void>;
}

/** What runs promise, whichever server the queue lives on. */
export function describeRuns(backend: 'redis' | 'postgres', start: () => Promise<QueueServer>, here: boolean): void {
  describe.runIf(here)(`runs with the queue on ${backend}`, () => promises(start, backend === 'postgres'));
}

/** @param all also what does not depend on the queue's server */
function promises(start: () => Promise<QueueServer>, all: boolean): void {
  let server: QueueServer;
  let database: TestDatabase;
  let dataDir: string;
  let connection: QueueConnection;
  let queues: Queues;
  let surroundings: StageSurroundings;
  let workers: RunningWorker[] = [];

  beforeAll(async () => {
    server = await start();
    database = await openTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'kindred-jobs-'));
    connection = { redisUrl: server.redisUrl, databaseUrl: database.url };
    queues = await openQueues(connection, { retry: { attempts: 3, backoffMs: 50 } });
    const { url: databaseUrl } = database;
    surroundings = { database, databaseUrl, dataDir, queues, threads: 1, engine: 'cpu', heartbeatMs: HEARTBEAT_MS };
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close({ graceMs: 0 })));
    workers = [];
  });
  afterAll(async () => {
    await queues.close();
    await database.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function startWorkers(): Promise<void> {
    const stage = createStageHandler(surroundings);
    const options = {
      timing: TIMING,
      onFailed: (failure: Parameters<typeof recordFailure>[1]) => recordFailure(surroundings, failure),
    };
    const ingest = { ingest: createIngestHandler(database), pair: stage };
    workers.push(await startWorker(connection, 'ingest', ingest, options));
    const trainer = { train: stage, evaluate: stage, index: stage, promote: stage };
    workers.push(await startWorker(connection, 'trainer', trainer, options));
  }

  /** As POST /v1/runs does it. */
  async function startRun(stages: readonly RunStage[], settings: Readonly<Record<string, unknown>>): Promise<string> {
    const { id } = await createRun(database.db, { stages, settings });
    const [first] = stages as [RunStage];
    await queues.enqueue(first, { runId: id, stages: [...stages] }, { jobId: stageJobId(id, first) });
    return id;
  }

  async function untilStatus(id: string, status: RunStatus): Promise<void> {
    const open = ['queued', 'running'];
    const ended = async () => {
      const run = await getRun(database.db, id);
      return open.includes(run.status) && !open.includes(status) ? undefined : run;
    };
    await expect.poll(ended, { timeout: 40_000, interval: 50 }).toBeDefined();
    const run = await getRun(database.db, id);
    expect(run.status, JSON.stringify(run.error)).toBe(status);
  }

  async function untilTraining(id: string): Promise<void> {
    const stage = async () => (await getRun(database.db, id)).currentStage;
    await expect.poll(stage, { timeout: 20_000, interval: 20 }).toBe('train');
  }

  async function countStarts(id: string): Promise<number> {
    const events = await listRunEvents(database.db, id, { limit: 1000 });
    return events.filter(({ kind }) => kind === 'started').length;
  }

  function leftOnDisk(): string[] {
    const runs = join(dataDir, 'runs');
    return existsSync(runs) ? readdirSync(runs) : [];
  }

  test.runIf(all)('without events the run fails with the reason, at the first attempt', async () => {
    await startWorkers();
    const id = await startRun(RUN_STAGES, QUICK);
    await untilStatus(id, 'failed');
    expect(await getRun(database.db, id)).toMatchObject({ currentStage: 'pair', error: { code: 'DATA_EMPTY' } });
    expect(await countStarts(id)).toBe(1);
    expect(await queues.find('train', stageJobId(id, 'train'))).toBeUndefined();
  });

  test('a stage hands on to the next, in the other worker’s queue; the child has the settings of its worker', async () => {
    await storeEventBatch(database.db, SHOP.events, 'test');
    await startWorkers();
    const id = await startRun(['pair', 'train'], QUICK);
    await untilStatus(id, 'done');
    const { pair, train } = (await getRun(database.db, id)).results as Record<string, Record<string, unknown>>;
    expect(train).toMatchObject({ snapshotId: pair?.snapshotId, engine: 'JavaScript' });
    expect(await countStarts(id)).toBe(2);
    await expect.poll(leftOnDisk).toEqual([]);
  });

  test('cancelled while it trains: heartbeats till then, afterwards no process and no checkpoint', async () => {
    await startWorkers();
    const id = await startRun(['train', 'index'], LONG);
    await untilTraining(id);
    const heard = new Set<number | undefined>();
    const listen = async () => heard.add((await getRun(database.db, id)).heartbeatAtMs).size;
    await expect.poll(listen, { timeout: 10_000, interval: 60 }).toBeGreaterThan(5);
    expect(stageChildren()).toHaveLength(1);
    await expect.poll(leftOnDisk, { timeout: 20_000 }).toEqual([id]);
    await requestCancel(database.db, id);
    await untilStatus(id, 'cancelled');
    await expect.poll(stageChildren).toEqual([]);
    await expect.poll(leftOnDisk).toEqual([]);
    expect(await queues.find('index', stageJobId(id, 'index'))).toBeUndefined();
  });

  test.runIf(all)('a child that is killed is tried again', async () => {
    await startWorkers();
    const id = await startRun(['train'], QUICK);
    await untilTraining(id);
    for (const pid of stageChildren()) process.kill(pid, 'SIGKILL');
    await untilStatus(id, 'done');
    expect(await countStarts(id)).toBe(2);
  });

  test('a trainer that is killed: another takes its job up; a gate’s refusal is a verdict, not tried again', async () => {
    const { databaseUrl, threads, engine } = surroundings;
    const settings = [connection, { databaseUrl, dataDir, threads, engine }, TIMING].map((part) =>
      JSON.stringify(part),
    );
    const doomed = spawn(process.execPath, [join(import.meta.dirname, 'doomed-trainer.mjs'), ...settings]);
    const id = await startRun(['train', 'index', 'promote'], { ...QUICK, force: false });
    await untilTraining(id);
    doomed.kill('SIGKILL');
    await once(doomed, 'exit');
    expect(await getRun(database.db, id)).toMatchObject({ status: 'running' });
    await startWorkers();
    await untilStatus(id, 'refused');
    expect(await getRun(database.db, id)).toMatchObject({ currentStage: 'promote', error: { code: 'QUALITY_GATE' } });
    expect(await countStarts(id)).toBe(4);
    await expect.poll(leftOnDisk).toEqual([]);
  });

  test('runs that the queue has lost: those to be done are queued again, the others ended; nothing else is touched', async () => {
    const { db } = database;
    const lost = await createRun(db, { stages: ['pair'], settings: QUICK });
    const between = await createRun(db, { stages: ['pair', 'train'], settings: QUICK });
    await startRunStage(db, between.id, 'pair');
    await finishRunStage(db, between.id, 'pair', { snapshotId: 's' });
    const over = await createRun(db, { stages: ['pair'] });
    await startRunStage(db, over.id, 'pair');
    await finishRunStage(db, over.id, 'pair', { snapshotId: 's' });
    const cancelled = await createRun(db, { stages: ['pair'] });
    await startRunStage(db, cancelled.id, 'pair');
    await requestCancel(db, cancelled.id);
    const failed = await failSilently();
    const waiting = await startRun(['train'], QUICK);
    await recoverRuns(surroundings, 60_000, LOGGER);
    for (const { id } of [lost, between, over, cancelled]) expect(OPEN).toContain((await getRun(db, id)).status);
    await recoverRuns(surroundings, 0, LOGGER);
    expect(await queues.find('pair', stageJobId(lost.id, 'pair'))).toMatchObject({ state: 'waiting' });
    expect(await queues.find('train', stageJobId(between.id, 'train'))).toMatchObject({ state: 'waiting' });
    expect(await getRun(db, over.id)).toMatchObject({ status: 'done' });
    expect(await getRun(db, cancelled.id)).toMatchObject({ status: 'cancelled' });
    expect(await getRun(db, waiting)).toMatchObject({ status: 'queued' });
    const fault = { code: 'DATABASE_UNAVAILABLE', message: 'away' };
    expect(await getRun(db, failed)).toMatchObject({ status: 'failed', error: fault });
    for (const id of [between.id, waiting]) {
      await queues.cancel('train', stageJobId(id, 'train'));
      await requestCancel(db, id);
    }
    await recoverRuns(surroundings, 0, LOGGER);
    expect((await getRun(db, between.id)).status).toBe('cancelled');
    await startWorkers();
    await untilStatus(lost.id, 'done');
  });

  /** A run whose job failed for good while nobody could write it down. */
  async function failSilently(): Promise<string> {
    const throws = async () => {
      throw new KindredError('DATABASE_UNAVAILABLE', 'away');
    };
    const handlers = { train: throws, evaluate: throws, index: throws, promote: throws };
    const id = await startRun(['index'], QUICK);
    const worker = await startWorker(connection, 'trainer', handlers, { timing: TIMING });
    const state = async () => (await queues.find('index', stageJobId(id, 'index')))?.state;
    await expect.poll(state, { timeout: 20_000 }).toBe('failed');
    await worker.close();
    return id;
  }

  async function scheduled(): Promise<Run[]> {
    return (await listRuns(database.db, { limit: 50 })).filter(({ id }) => id.startsWith('repeat-pair-'));
  }

  test.runIf(all)(
    'a schedule starts whole runs by itself; while one is being done it does not count as lost',
    async () => {
      await startWorkers();
      await scheduleRetraining(queues, 1000, {});
      await expect.poll(async () => (await scheduled())[0]?.status, { timeout: 20_000, interval: 20 }).toBe('running');
      await scheduleRetraining(queues, undefined, {});
      const [run] = await scheduled();
      await recoverRuns(surroundings, 0, LOGGER);
      const id = run?.id as string;
      expect(run?.stages).toEqual(RUN_STAGES);
      expect(await queues.find('pair', stageJobId(id, 'pair'))).toBeUndefined();
      await expect.poll(async () => (await getRun(database.db, id)).currentStage, { timeout: 20_000 }).toBe('train');
      await cancelScheduled();
    },
  );

  test('a scheduled run has the settings of its schedule, as asked for; others replace them at the next start', async () => {
    const earlier = (await scheduled()).length;
    const seeds = async () =>
      (await scheduled())
        .map(({ settings }) => settings.seed)
        .reverse()
        .slice(earlier);
    await scheduleRetraining(queues, 1500, { ...QUICK, seed: 3 });
    await startWorkers();
    await expect.poll(seeds, { timeout: 20_000, interval: 20 }).toContain(3);
    await Promise.all(workers.splice(0).map((worker) => worker.close({ graceMs: 0 })));
    const before = (await seeds()).length;
    await scheduleRetraining(queues, 1500, { ...QUICK, seed: 4 });
    await startWorkers();
    await expect.poll(async () => (await seeds()).length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(before);
    await scheduleRetraining(queues, undefined, {});
    expect((await seeds()).slice(0, before)).toEqual(Array(before).fill(3));
    expect(new Set((await seeds()).slice(before))).toEqual(new Set([4]));
    expect((await scheduled())[0]).toMatchObject({ stages: RUN_STAGES, settings: { ...QUICK, seed: 4 } });
    await cancelScheduled();
  });

  async function cancelScheduled(): Promise<void> {
    const open = (await scheduled()).filter(({ status }) => OPEN.includes(status));
    for (const { id } of open) await requestCancel(database.db, id);
    for (const { id } of open) await untilStatus(id, 'cancelled');
  }
}

const OPEN = ['queued', 'running'];

/** The processes of stages that this process has started. */
function stageChildren(): number[] {
  const rows = execFileSync('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, ppid, ...args]) => Number(ppid) === process.pid && args.join(' ').includes('stage-child'))
    .map(([pid]) => Number(pid));
}
