import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KindredError } from '@kindred/domain';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type JobFailure,
  type JobHandler,
  type JobHandlers,
  openQueues,
  type QueueConnection,
  type Queues,
  type RunningWorker,
  startWorker,
  type WorkerOptions,
} from '../src/index.js';
import { freePort, type TestServer } from './servers.js';

const QUICK = { lockMs: 1000, stalledCheckMs: 300, cancelPollMs: 100, abandonMs: 3000 };
const nothing = async () => {};

/** What a queue promises, whichever server it lives on. */
export function describeQueue(backend: 'redis' | 'postgres', start: () => Promise<TestServer>, here: boolean): void {
  describe.runIf(here)(`queue on ${backend}`, () => promises(backend, start));
}

function promises(backend: 'redis' | 'postgres', start: () => Promise<TestServer>): void {
  let server: TestServer;
  let connection: QueueConnection;
  let queues: Queues;
  let workers: RunningWorker[] = [];
  let namespaces = 0;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    namespaces += 1;
    connection = { ...server.connection, namespace: `test_${namespaces}` };
    queues = await openQueues(connection, { retry: { attempts: 3, backoffMs: 50 } });
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close({ graceMs: 0 })));
    workers = [];
    await queues.close();
  });

  async function startTrainer(handlers: Partial<JobHandlers<'trainer'>>, options: WorkerOptions = {}) {
    const all = { train: nothing, evaluate: nothing, index: nothing, promote: nothing, ...handlers };
    const worker = await startWorker(connection, 'trainer', all, { timing: QUICK, ...options });
    workers.push(worker);
    return worker;
  }
  function enqueueTrain(jobId: string) {
    return queues.enqueue('train', { runId: jobId, stages: ['train'] }, { jobId });
  }
  async function untilState(jobId: string, state: string) {
    await expect.poll(async () => (await queues.find('train', jobId))?.state, { timeout: 20_000 }).toBe(state);
  }
  test('lives where the connection says', () => {
    expect(queues.backend).toBe(backend);
  });

  test('a job is handled once, with its payload checked and filled in', async () => {
    const seen: unknown[] = [];
    await startTrainer({
      train: async (payload, context) => {
        seen.push([payload, context.jobId, context.attempt, context.scheduled, context.signal.aborted]);
      },
    });
    await queues.enqueue(
      'train',
      { runId: 'r1', stages: ['train', 'index'], settings: { lr: 0.1 } },
      { jobId: 'r1.train' },
    );
    await untilState('r1.train', 'completed');
    expect(seen).toEqual([
      [{ runId: 'r1', stages: ['train', 'index'], settings: { lr: 0.1 } }, 'r1.train', 1, false, false],
    ]);
  });

  test('each of the two queues has its own jobs', async () => {
    const seen: string[] = [];
    const note: JobHandler<'ingest' | 'pair'> = async (_payload, context) => void seen.push(context.jobId);
    workers.push(await startWorker(connection, 'ingest', { ingest: note, pair: note }));
    await startTrainer({ train: async (_payload, context) => void seen.push(context.jobId) });
    await queues.enqueue('ingest', { path: '/tmp/log.csv', options: { format: 'csv' } }, { jobId: 'i1' });
    await queues.enqueue('pair', { runId: 'r1', stages: ['pair', 'train'] }, { jobId: 'p1' });
    await enqueueTrain('t1');
    await expect.poll(() => [...seen].sort()).toEqual(['i1', 'p1', 't1']);
    await expect
      .poll(() => queues.counts())
      .toEqual({
        ingest: { waiting: 0, active: 0, delayed: 0, completed: 2, failed: 0 },
        trainer: { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0 },
      });
  });

  test('the same id twice is one job, before and after it ran', async () => {
    const calls: string[] = [];
    await enqueueTrain('once');
    await enqueueTrain('once');
    await startTrainer({ train: async (payload) => void calls.push(payload.runId) });
    await untilState('once', 'completed');
    await enqueueTrain('once');
    await enqueueTrain('sentinel');
    await untilState('sentinel', 'completed');
    expect(calls).toEqual(['once', 'sentinel']);
  });

  test('a failure is tried again with backoff, then final', async () => {
    const attempts: number[] = [];
    const failures: JobFailure[] = [];
    await startTrainer(
      {
        train: async (_payload, context) => {
          attempts.push(context.attempt);
          throw new KindredError('DATABASE_UNAVAILABLE', 'away');
        },
      },
      { onFailed: (failure) => void failures.push(failure) },
    );
    await enqueueTrain('stubborn');
    await untilState('stubborn', 'failed');
    expect(attempts).toEqual([1, 2, 3]);
    await expect.poll(() => failures.map((failure) => failure.final)).toEqual([false, false, true]);
    expect(failures[2]).toMatchObject({ name: 'train', jobId: 'stubborn', payload: { runId: 'stubborn' } });
    expect(failures[2]?.error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: 'away' });
    expect(await queues.find('train', 'stubborn')).toMatchObject({
      failedAttempts: 3,
      failedReason: 'DATABASE_UNAVAILABLE: away',
    });
  });

  test('a second attempt that succeeds completes the job', async () => {
    await startTrainer({
      train: async (_payload, context) => {
        if (context.attempt === 1) throw new Error('a hiccup');
      },
    });
    await enqueueTrain('hiccup');
    await untilState('hiccup', 'completed');
  });

  test('a verdict (bad input, a refused gate) is not tried again', async () => {
    const calls: string[] = [];
    await startTrainer({
      train: async (payload) => {
        calls.push(payload.runId);
        throw new KindredError('QUALITY_GATE', 'worse than popularity');
      },
    });
    await enqueueTrain('refused');
    await untilState('refused', 'failed');
    expect(calls).toEqual(['refused']);
    expect((await queues.find('train', 'refused'))?.failedReason).toBe('QUALITY_GATE: worse than popularity');
  });

  test('cancel: a waiting job is removed, a running one is aborted from another process, an absent one is said so', async () => {
    const aborted: unknown[] = [];
    await startTrainer({
      train: async (_payload, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.push(signal.reason);
        signal.throwIfAborted();
      },
    });
    await enqueueTrain('running');
    await untilState('running', 'active');
    await enqueueTrain('waiting');
    expect(await queues.cancel('train', 'waiting')).toBe('removed');
    expect(await queues.cancel('train', 'running')).toBe('requested');
    expect(await queues.cancel('train', 'nowhere')).toBe('absent');
    await untilState('running', 'failed');
    expect(aborted).toEqual([expect.objectContaining({ code: 'INTERRUPTED' })]);
    expect(await queues.find('train', 'running')).toMatchObject({
      failedAttempts: 1,
      failedReason: 'INTERRUPTED: the job was cancelled',
    });
    expect(await queues.find('train', 'waiting')).toBeUndefined();
    expect(await queues.cancel('train', 'running')).toBe('finished');
  });

  test('cancel by the worker itself', async () => {
    const worker = await startTrainer({
      train: (_payload, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await enqueueTrain('own');
    await expect.poll(() => worker.running()).toEqual(['own']);
    expect(worker.cancel('other')).toBe(false);
    expect(worker.cancel('own')).toBe(true);
    await untilState('own', 'failed');
  });

  test('a killed worker loses its job to another', { timeout: 60_000 }, async () => {
    const doomed = spawn(process.execPath, [
      join(import.meta.dirname, 'killed-worker.mjs'),
      JSON.stringify(connection),
      JSON.stringify(QUICK),
    ]);
    try {
      await enqueueTrain('orphan');
      await new Promise<void>((resolve, reject) => {
        doomed.stdout.on('data', (chunk) => String(chunk).includes('began orphan') && resolve());
        doomed.stderr.on('data', (chunk) => reject(new Error(String(chunk))));
      });
    } finally {
      doomed.kill('SIGKILL');
    }
    const attempts: number[] = [];
    await startTrainer({ train: async (_payload, context) => void attempts.push(context.attempt) });
    await untilState('orphan', 'completed');
    expect(attempts).toHaveLength(1);
  });

  test('a job that outlives its workers too often is reported as failed', async () => {
    const failures: JobFailure[] = [];
    const doomed = spawn(process.execPath, [
      join(import.meta.dirname, 'killed-worker.mjs'),
      JSON.stringify(connection),
      JSON.stringify(QUICK),
    ]);
    await enqueueTrain('poison');
    await new Promise<void>((resolve) => doomed.stdout.on('data', () => resolve()));
    doomed.kill('SIGKILL');
    const calls: string[] = [];
    await startTrainer(
      { train: async (payload) => void calls.push(payload.runId) },
      { timing: { ...QUICK, maxStalls: 0 }, onFailed: (failure) => void failures.push(failure) },
    );
    await untilState('poison', 'failed');
    await expect.poll(() => failures).toMatchObject([{ jobId: 'poison', payload: { runId: 'poison' }, final: true }]);
    expect(calls).toEqual([]);
  });

  test('a schedule fires again and again, each a run of its own; upsert and end', { timeout: 60_000 }, async () => {
    const runs: string[] = [];
    const worker = await startWorker(
      connection,
      'ingest',
      {
        ingest: nothing,
        pair: async (payload, context) => {
          expect(context.scheduled).toBe(true);
          runs.push(`${payload.runId} ${payload.settings.mark}`);
        },
      },
      { timing: QUICK },
    );
    workers.push(worker);
    await queues.schedule('pair', 3_600_000, { stages: ['pair', 'train'], settings: { mark: 'hourly' } });
    await queues.schedule('pair', 3_600_000, { stages: ['pair', 'train'], settings: { mark: 'hourly' } });
    expect((await queues.counts()).ingest).toMatchObject({ delayed: 1, waiting: 0, completed: 0 });
    await queues.schedule('pair', 700, { stages: ['pair', 'train'], settings: { mark: 'often' } });
    expect((await queues.counts()).ingest.delayed).toBeLessThanOrEqual(1);
    await expect.poll(() => runs.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    expect(new Set(runs).size).toBe(runs.length);
    for (const run of runs) expect(run).toMatch(/^repeat-pair-\d+ often$/);
    expect(await queues.unschedule('pair')).toBe(true);
    expect(await queues.unschedule('pair')).toBe(false);
    await expect.poll(() => queues.counts()).toMatchObject({ ingest: { delayed: 0, waiting: 0, active: 0 } });
    const firings = runs.length;
    await sleep(1500);
    expect(runs.length).toBe(firings);
  });

  test('other settings at the same interval replace what waits and what follows, in the same rhythm', async () => {
    const everyMs = 1500;
    await queues.schedule('pair', everyMs, { stages: ['pair'], settings: { mark: 'old' } });
    const firstDueMs = Date.now() + everyMs;
    await sleep(300);
    await queues.schedule('pair', everyMs, { stages: ['pair'], settings: { mark: 'new' } });
    const firings = await firingsOf(2);
    expect(firings.map(({ mark }) => mark)).toEqual(['new', 'new']);
    expect(firings[0]?.dueMs).toBeLessThanOrEqual(firstDueMs);
    // And what came due while nobody worked.
    await sleep(everyMs + 300);
    await queues.schedule('pair', everyMs, { stages: ['pair'], settings: { mark: 'newest' } });
    expect((await firingsOf(1))[0]).toMatchObject({ mark: 'newest' });
    await queues.unschedule('pair');
  });

  test('a firing that fails is reported as the run that it was', async () => {
    const failures: JobFailure[] = [];
    const ran: string[] = [];
    const pair: JobHandlers<'ingest'>['pair'] = async ({ runId }) => {
      ran.push(runId);
      throw new KindredError('DATA_EMPTY', 'nothing yet');
    };
    const onFailed = (failure: JobFailure) => void failures.push(failure);
    workers.push(await startWorker(connection, 'ingest', { ingest: nothing, pair }, { timing: QUICK, onFailed }));
    await queues.schedule('pair', 700, { stages: ['pair'] });
    await expect.poll(() => failures.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    await queues.unschedule('pair');
    expect(failures[0]).toMatchObject({ final: true, payload: { runId: ran[0], stages: ['pair'] } });
    expect(ran[0]).toMatch(/^repeat-pair-\d+$/);
  });

  /** Works until the schedule has fired so often. */
  async function firingsOf(count: number): Promise<{ mark: unknown; dueMs: number }[]> {
    const firings: { mark: unknown; dueMs: number }[] = [];
    const pair: JobHandlers<'ingest'>['pair'] = async ({ runId, settings }) =>
      void firings.push({ mark: settings.mark, dueMs: Number(runId.replace('repeat-pair-', '')) });
    const worker = await startWorker(connection, 'ingest', { ingest: nothing, pair }, { timing: QUICK });
    await expect.poll(() => firings.length, { timeout: 20_000, interval: 20 }).toBeGreaterThanOrEqual(count);
    await worker.close();
    return firings.slice(0, count);
  }

  test('a worker without a handler for each job refuses to start, and so does one with a foreign handler', async () => {
    const partial = { train: nothing, evaluate: nothing, promote: nothing } as unknown as JobHandlers<'trainer'>;
    await expect(startWorker(connection, 'trainer', partial)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('no handler for index'),
    });
    const foreign = { ingest: nothing, pair: nothing, train: nothing } as JobHandlers<'ingest'>;
    await expect(startWorker(connection, 'ingest', foreign)).rejects.toThrow('a handler for train');
  });

  test.each([
    ['runId', { runId: 'a:b', stages: ['train'] }],
    ['runId', { stages: ['train'] }],
    ['stages', { runId: 'r', stages: ['index'] }],
    ['stages', { runId: 'r', stages: ['train', 'evaluate', 'evaluate'] }],
    ['stages', { runId: 'r', stages: [] }],
    ['settings.x', { runId: 'r', stages: ['train'], settings: { x: () => 1 } }],
    ['settings.x', { runId: 'r', stages: ['train'], settings: { x: Number.NaN } }],
    ['', { runId: 'r', stages: ['train'], colour: 'red' }],
  ])('an invalid payload (%s) is refused when enqueued', async (field, payload) => {
    const enqueued = queues.enqueue('train', payload as never, { jobId: 'bad' });
    await expect(enqueued).rejects.toMatchObject({ code: 'JOB_INVALID', field });
    expect(await queues.find('train', 'bad')).toBeUndefined();
  });

  test.each(['', 'a:b', '42', 'x'.repeat(201), 'a b'])('the job id %j is refused', async (jobId) => {
    await expect(enqueueTrain(jobId).then(() => 'taken')).rejects.toMatchObject({ code: 'JOB_INVALID' });
  });

  test('a job that another version wrote is refused by the worker, once', async () => {
    const { openBackend } = await import('../src/connection.js');
    const rawBackend = await openBackend(connection);
    const raw = rawBackend.createQueue('trainer');
    const calls: string[] = [];
    await startTrainer({ train: async (payload) => void calls.push(payload.runId) });
    await raw.add('train', { runId: 'r' } as never, { jobId: 'old', attempts: 3 });
    await raw.add('train', { version: 1, payload: { runId: 'r' } }, { jobId: 'odd', attempts: 3 });
    await raw.add('sing', { version: 1, payload: {} }, { jobId: 'unknown', attempts: 3 });
    for (const jobId of ['old', 'odd', 'unknown']) {
      await untilState(jobId, 'failed');
      expect(await queues.find('train', jobId)).toMatchObject({
        failedAttempts: 1,
        failedReason: expect.stringContaining('JOB_INVALID'),
      });
    }
    expect(calls).toEqual([]);
    await raw.close();
    rawBackend.disconnect();
  });

  test('close waits for the running job, takes no other, and loses none', async () => {
    const done: string[] = [];
    let release = () => {};
    const worker = await startTrainer({
      train: async (payload) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        done.push(payload.runId);
      },
    });
    await enqueueTrain('first');
    await expect.poll(() => worker.running()).toEqual(['first']);
    await enqueueTrain('second');
    const closed = worker.close({ graceMs: 20_000 });
    await sleep(200);
    expect(done).toEqual([]);
    release();
    await closed;
    await worker.ended;
    expect(done).toEqual(['first']);
    expect((await queues.find('train', 'first'))?.state).toBe('completed');
    expect((await queues.find('train', 'second'))?.state).toBe('waiting');
    await startTrainer({ train: async (payload) => void done.push(payload.runId) });
    await untilState('second', 'completed');
    expect(done).toEqual(['first', 'second']);
  });

  test('after the grace the running job is aborted and handed back without a lost attempt', async () => {
    const abort = new AbortController();
    const reasons: unknown[] = [];
    const worker = await startTrainer(
      {
        train: (_payload, { signal }) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason);
              reject(new Error('stopped halfway'));
            }),
          ),
      },
      { signal: abort.signal, graceMs: 100 },
    );
    await enqueueTrain('long');
    await expect.poll(() => worker.running()).toEqual(['long']);
    abort.abort();
    await worker.close();
    expect(reasons).toEqual([expect.objectContaining({ code: 'INTERRUPTED' })]);
    expect(await queues.find('train', 'long')).toMatchObject({ state: 'waiting', failedAttempts: 0 });
    const attempts: number[] = [];
    await startTrainer({ train: async (_payload, context) => void attempts.push(context.attempt) });
    await untilState('long', 'completed');
    expect(attempts).toEqual([1]);
  });

  test('close waits for the report of a failure', async () => {
    const order: string[] = [];
    const worker = await startTrainer(
      {
        train: async () => {
          throw new KindredError('DATA_EMPTY', 'no events');
        },
      },
      {
        onFailed: async () => {
          await sleep(300);
          order.push('recorded');
        },
      },
    );
    await enqueueTrain('empty');
    await untilState('empty', 'failed');
    await worker.close();
    order.push('closed');
    expect(order).toEqual(['recorded', 'closed']);
  });

  test('200 jobs, two workers, each exactly once', async () => {
    const seen: string[] = [];
    const train: JobHandler<'train'> = async (payload) => void seen.push(payload.runId);
    await startTrainer({ train }, { concurrency: 4 });
    await startTrainer({ train }, { concurrency: 4 });
    const ids = Array.from({ length: 200 }, (_, k) => `job-${k}`);
    await Promise.all(ids.map(enqueueTrain));
    await expect.poll(async () => (await queues.counts()).trainer.completed, { timeout: 30_000 }).toBe(200);
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  test('an unreachable server is said within seconds, not waited for', async () => {
    const port = await freePort();
    const nowhere: QueueConnection =
      backend === 'redis'
        ? { redisUrl: `redis://:secret@127.0.0.1:${port}`, timeoutMs: 1000 }
        : { databaseUrl: `postgres://kindred:secret@127.0.0.1:${port}/x`, timeoutMs: 1000 };
    const opened = openQueues(nowhere);
    await expect(opened).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await expect(opened).rejects.not.toThrow(/secret/);
    const started = startWorker(nowhere, 'ingest', { ingest: nothing, pair: nothing });
    await expect(started).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });

  test('a server that goes away fails the producer within seconds, and does not make its worker spin or hang', {
    timeout: 60_000,
  }, async () => {
    const mortal = await start();
    const away = { ...mortal.connection, timeoutMs: 2000 };
    const open = await openQueues(away);
    const warnings: string[] = [];
    const note = (_fields: object, message: string) => void warnings.push(message);
    const idle = { train: nothing, evaluate: nothing, index: nothing, promote: nothing };
    const logger = { info: note, warn: note, error: note };
    const worker = await startWorker(away, 'trainer', idle, { logger, timing: { ...QUICK, abandonMs: 300 } });
    await mortal.stop();
    const enqueued = open.enqueue('train', { runId: 'r', stages: ['train'] }, { jobId: 'late' });
    await expect(enqueued).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await open.close();
    await sleep(1500);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThan(30);
    await worker.close({ graceMs: 100 });
  });

  test('a worker whose connections were cut goes on', { timeout: 60_000 }, async () => {
    const done: string[] = [];
    await startTrainer({ train: async (payload) => void done.push(payload.runId) });
    await enqueueTrain('before');
    await untilState('before', 'completed');
    await server.cutConnections();
    await expect
      .poll(
        () =>
          enqueueTrain('after').then(
            () => 'taken',
            () => 'refused',
          ),
        { timeout: 20_000 },
      )
      .toBe('taken');
    await expect.poll(() => done, { timeout: 40_000 }).toEqual(['before', 'after']);
  });
}
