import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueues, type Queues } from '@kindred/queue';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, KindredProcess, killAll, kindred } from './kindred-process.js';

/** Several `kindred up` on one database, one after the other, each with other settings of retraining. */
let database: TestDatabase;
let queues: Queues;
let dataDir: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await openTestDatabase();
  queues = await openQueues({ databaseUrl: database.url });
  dataDir = mkdtempSync(join(tmpdir(), 'kindred-retraining-'));
  env = { KINDRED_DATA_DIR: dataDir, KINDRED_DATABASE_URL: database.url, KINDRED_LOG_LEVEL: 'warn' };
});
afterAll(async () => {
  await killAll();
  await queues.close();
  await database.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts it, waits until it serves, and ends it. */
async function upAndDown(args: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const up = new KindredProcess(['up', '--port', '0', '--json', ...args], { ...env, ...settings });
  await expect.poll(() => up.stdout + up.stderr, { timeout: 30_000, interval: 50 }).toContain('"url"');
  const ended = await up.end('SIGTERM');
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

interface Scheduler {
  readonly every_ms: string;
  readonly template_data: { readonly payload: object };
}

/** What the queue will start by itself, and how often. */
async function schedules(): Promise<unknown[]> {
  const db = database.db.withSchema('kindred_queue').withTables<{ scheduler: Scheduler }>();
  const rows = await db.selectFrom('scheduler').selectAll().execute();
  return rows.map(({ every_ms, template_data }) => ({ everyMs: Number(every_ms), payload: template_data.payload }));
}

const STAGES = ['pair', 'train', 'evaluate', 'index', 'promote'];

test('the settings of this start replace those of an earlier one, in what came due meanwhile as well', async () => {
  await queues.schedule('pair', 1000, { stages: ['pair'], settings: { seed: 9 } });
  await sleep(1200);
  const { stderr } = await upAndDown(['--retrain-every', '24h', '--retrain-settings', '{"augment":"auto","seed":2}'], {
    KINDRED_RETRAIN_SETTINGS: '{"seed":3}',
  });
  expect(stderr).toContain('retraining every 1d with the settings {"augment":"auto","seed":2}');
  const payload = { runId: 'scheduled', stages: STAGES, settings: { augment: 'auto', seed: 2 } };
  expect(await schedules()).toEqual([{ everyMs: 86_400_000, payload }]);
  expect(JSON.parse((await kindred(['runs', '--json'], env)).stdout)).toEqual({ runs: [] });
});

test('the variable where there is no flag; none at all are the defaults', async () => {
  const settings = { KINDRED_RETRAIN_EVERY: '24h', KINDRED_RETRAIN_SETTINGS: '{"seed":3}' };
  expect((await upAndDown([], settings)).stderr).toContain('with the settings {"seed":3}');
  expect(await schedules()).toMatchObject([{ payload: { settings: { seed: 3 } } }]);
  expect((await upAndDown(['--retrain-every', '24h'])).stderr).toContain('with the default settings');
  expect(await schedules()).toEqual([
    { everyMs: 86_400_000, payload: { runId: 'scheduled', stages: STAGES, settings: {} } },
  ]);
});

test('the variable without an interval: a warning, and no run starts by itself', async () => {
  const { stderr } = await upAndDown([], { KINDRED_RETRAIN_SETTINGS: '{"seed":3}' });
  expect(stderr).toContain('warning: KINDRED_RETRAIN_SETTINGS has no effect without');
  expect(stderr).not.toContain('retraining every');
  expect(await schedules()).toEqual([]);
});
