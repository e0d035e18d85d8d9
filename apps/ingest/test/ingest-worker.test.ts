import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueues, type Queues } from '@kindred/queue';
import { countEvents, listIngests } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAll, Service } from '../../trainer/test/service.js';

let database: TestDatabase;
let queues: Queues;
let dataDir: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await openTestDatabase();
  queues = await openQueues({ databaseUrl: database.url });
  dataDir = mkdtempSync(join(tmpdir(), 'kindred-ingest-'));
  env = { KINDRED_DATABASE_URL: database.url, KINDRED_DATA_DIR: dataDir };
});
afterAll(async () => {
  killAll();
  await queues.close();
  await database.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('files from the queue: stored, or refused once with the reason; then an end in order', async () => {
  const log = join(dataDir, 'log.csv');
  writeFileSync(log, 'user,item,type,time\nann,book,view,2026-01-01T00:00:00Z\nann,,view,2026-01-01T00:00:00Z\n');
  await queues.enqueue('ingest', { path: log }, { jobId: 'there' });
  await queues.enqueue('ingest', { path: join(dataDir, 'nowhere.csv') }, { jobId: 'nowhere' });
  const worker = new Service('ingest', env);
  const state = (jobId: string) => async () => (await queues.find('ingest', jobId))?.state;
  await expect.poll(state('there'), { timeout: 20_000 }).toBe('completed');
  await expect.poll(state('nowhere'), { timeout: 20_000 }).toBe('failed');
  expect(await queues.find('ingest', 'nowhere')).toMatchObject({
    failedAttempts: 1,
    failedReason: expect.stringContaining('FILE_NOT_FOUND'),
  });
  expect(await countEvents(database.db)).toBe(1);
  const [ingest, ...others] = await listIngests(database.db, { limit: 10 });
  expect(others).toEqual([]);
  expect(ingest).toMatchObject({ status: 'done', read: 2, stored: 1, rejected: 1, byReason: { ITEM_MISSING: 1 } });
  expect(await worker.terminate(), worker.output).toEqual({ code: 0, signal: null });
});

test.each(['ingest', 'trainer'] as const)('%s: a start that can not be made says why, and the way out', async (app) => {
  const wrong = new Service(app, { ...env, KINDRED_THREADS: 'many' });
  expect((await wrong.ended).code).toBe(2);
  expect(wrong.output).toMatch(/^CONFIG_INVALID: KINDRED_THREADS .*\nCorrect the setting/);
  const away = new Service(app, { ...env, KINDRED_REDIS_URL: 'redis://127.0.0.1:1' });
  expect((await away.ended).code).toBe(1);
  expect(away.output).toContain('QUEUE_UNAVAILABLE: Redis at 127.0.0.1:1');
});
