import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticShop } from '@kindred/datasets';
import { openQueues, type QueueConnection } from '@kindred/queue';
import { getRun } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisIsHere, startRedis } from '../../../packages/jobs/test/servers.js';
import { killAll, Service } from './service.js';

/** The settings that probes would climb are given, so that one probe is all. */
const GIVEN = { temperature: 0.2, offsetStrength: 1, negativeWeight: 1, userTable: 'off' };
const QUICK = { force: true, set: { dimensions: 8, epochs: 2, batchSize: 32, ...GIVEN } };
const SHOP = syntheticShop({ users: 60, items: 90, events: 2000, seed: 7 });
const EVENTS = SHOP.events.map(({ timeMs, ...event }) => ({ ...event, time: timeMs }));

afterAll(killAll);

/** A stage takes seconds: one of the two lets it finish when it is asked to stop, the other does not. */
const POSTGRES = {
  start: async () => ({ redisUrl: undefined, stop: async () => undefined }),
  here: true,
  grace: '60s',
  finishes: ['train'],
};
const REDIS = { start: startRedis, here: redisIsHere(), grace: '1ms', finishes: [] };

describe.each([
  ['PostgreSQL', POSTGRES],
  ['Redis', REDIS],
])('API, ingest worker and trainer as three processes, the queue on %s', (_where, { start, here, grace, finishes }) => {
  let queueServer: Awaited<ReturnType<typeof start>>;
  let database: TestDatabase;
  let dataDir: string;
  let connection: QueueConnection;
  let env: Record<string, string>;
  let api: Service;
  let ingest: Service;
  let trainer: Service;
  let url: string;

  beforeAll(async () => {
    if (!here) return;
    queueServer = await start();
    database = await openTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'kindred-apart-'));
    const { redisUrl } = queueServer;
    connection = { redisUrl, databaseUrl: database.url };
    env = {
      KINDRED_DATABASE_URL: database.url,
      ...(redisUrl === undefined ? {} : { KINDRED_REDIS_URL: redisUrl }),
      KINDRED_DATA_DIR: dataDir,
      KINDRED_PORT: '0',
      KINDRED_ENGINE: 'cpu',
      KINDRED_THREADS: '1',
      KINDRED_SHUTDOWN_GRACE: grace,
    };
  });
  afterAll(async () => {
    if (!here) return;
    await database.close();
    await queueServer.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function send<Answer>(path: string, body?: object): Promise<Answer> {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}${path}`, body && { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.ok, await response.clone().text()).toBe(true);
    return (await response.json()) as Answer;
  }

  async function startRun(body: object): Promise<string> {
    return (await send<{ id: string }>('/v1/runs', body)).id;
  }

  test.runIf(here)('a whole run, from events to recommendations', async () => {
    api = new Service('api', env);
    ingest = new Service('ingest', env);
    trainer = new Service('trainer', { ...env, KINDRED_RETRAIN_EVERY: '1h' });
    await expect.poll(() => api.output, { timeout: 20_000 }).toContain('"url":"');
    url = /"url":"([^"]+)"/.exec(api.output)?.[1] as string;
    for (const worker of [ingest, trainer]) {
      await expect.poll(() => worker.output, { timeout: 20_000 }).toContain('waiting for jobs');
    }
    expect(await send('/v1/events', { events: EVENTS })).toMatchObject({ rejected: [] });
    const id = await startRun({ settings: QUICK });
    const status = async () => (await send<{ status: string }>(`/v1/runs/${id}`)).status;
    await expect.poll(status, { timeout: 50_000, interval: 100 }).not.toMatch(/queued|running/);
    const { modelId, error } = await send<{ modelId: string; error: object | null }>(`/v1/runs/${id}`);
    expect(error).toBeNull();
    const user = `/v1/users/${EVENTS[0]?.userId}/recommendations`;
    await expect.poll(async () => (await fetch(`${url}${user}`)).status, { timeout: 10_000 }).toBe(200);
    expect(await send(user)).toMatchObject({ modelId, items: { length: 10 } });
    const { results } = await getRun(database.db, id);
    expect(results.train).toMatchObject({ engine: 'JavaScript' });
  });

  test.runIf(here)(
    'the trainer owns the schedule: it sets it, and takes it away when it is no longer asked for',
    async () => {
      const queues = await openQueues(connection);
      try {
        expect(await queues.unschedule('pair')).toBe(true);
        await queues.schedule('pair', 3_600_000, { stages: ['pair'] });
        const unscheduled = new Service('trainer', env);
        await expect.poll(() => unscheduled.output, { timeout: 20_000 }).toContain('waiting for jobs');
        expect(await queues.unschedule('pair')).toBe(false);
        expect((await unscheduled.terminate()).code, unscheduled.output).toBe(0);
      } finally {
        await queues.close();
      }
    },
  );

  test.runIf(here)(
    'SIGTERM: each ends in order, the trainer after the job where its grace lets it finish',
    async () => {
      const id = await startRun({ stages: ['train', 'index'], settings: QUICK });
      const stage = async () => (await getRun(database.db, id)).currentStage;
      await expect.poll(stage, { timeout: 20_000, interval: 20 }).toBe('train');
      for (const service of [trainer, ingest, api]) {
        expect(await service.terminate(), service.output).toEqual({ code: 0, signal: null });
      }
      expect(trainer.output).toContain('trainer worker ended');
      const run = await getRun(database.db, id);
      expect(Object.keys(run.results)).toEqual(finishes);
      expect(run.status).toBe('running');
      await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    },
  );
});
