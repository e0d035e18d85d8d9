import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticShop } from '@kindred/datasets';
import { countEvents, listIngests, listRuns, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KindredProcess, killAll, kindred } from './kindred-process.js';

// Commands that are stopped in the middle of their work, on a server of its own.
const LONG = ['train', '--engine', 'cpu', '--set', 'dimensions=64', '--set', 'epochs=1000', '--set', 'batchSize=32'];
const SHOP = syntheticShop({ users: 60, items: 90, events: 2000, seed: 7 });

let database: TestDatabase;
let dataDir: string;
let env: Record<string, string>;
beforeAll(async () => {
  database = await openTestDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'kindred-commands-'));
  env = { KINDRED_DATA_DIR: dataDir, KINDRED_DATABASE_URL: database.url, KINDRED_THREADS: '1' };
  await storeEventBatch(database.db, SHOP.events, 'test');
  const paired = await kindred(['pair', '--json'], env);
  expect(paired.code, paired.stderr).toBe(0);
});
afterAll(async () => {
  await killAll();
  rmSync(dataDir, { recursive: true, force: true });
  await database.close();
});

/** A `kindred train` that has begun, and would take minutes. */
async function startTraining(): Promise<{ command: KindredProcess; runId: string }> {
  const command = new KindredProcess([...LONG, '--json'], env);
  await expect.poll(() => command.stderr, { timeout: 20_000, interval: 50 }).toContain('training');
  const [run] = await listRuns(database.db, { limit: 1 });
  expect(run).toMatchObject({ status: 'running', currentStage: 'train' });
  return { command, runId: run?.id as string };
}

async function newestRun(): Promise<object | undefined> {
  return (await listRuns(database.db, { limit: 1 }))[0];
}

function leftOnDisk(): string[] {
  const runs = join(dataDir, 'runs');
  return existsSync(runs) ? readdirSync(runs) : [];
}

test('Ctrl-C: 130, the run is cancelled and leaves nothing', async () => {
  const { command, runId } = await startTraining();
  const ended = await command.end('SIGINT');
  expect(ended, ended.stderr).toMatchObject({ code: 130, signal: null });
  expect(JSON.parse(ended.stdout).error.code).toBe('INTERRUPTED');
  expect(await newestRun()).toMatchObject({ id: runId, status: 'cancelled' });
  expect(leftOnDisk()).toEqual([]);
});

test('cancelled from another process, a command ends as failed', async () => {
  const { command, runId } = await startTraining();
  const asked = await kindred(['runs', runId, '--cancel', '--json'], env);
  expect(JSON.parse(asked.stdout)).toMatchObject({ status: 'running', cancelRequested: true });
  const ended = await command.ended;
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout).error).toMatchObject({ code: 'INTERRUPTED', message: 'the run was cancelled' });
  expect(await newestRun()).toMatchObject({ id: runId, status: 'cancelled' });
});

test('killed: the next command ends the run with a reason, and no command ends one that lives', async () => {
  const { command, runId } = await startTraining();
  expect(JSON.parse((await kindred(['runs', '--json'], env)).stdout).runs[0]).toMatchObject({ status: 'running' });
  await command.end('SIGKILL');
  const [run] = JSON.parse((await kindred(['runs', '--json'], env)).stdout).runs;
  expect(run).toMatchObject({ id: runId, status: 'failed', error: { code: 'INTERRUPTED' } });
});

test('an ingest that is killed stores nothing, and the next command ends it with a reason', async () => {
  const before = await countEvents(database.db);
  const command = new KindredProcess(['ingest', '-', '--format', 'jsonl'], env);
  for (let k = 0; k < 5000; k++) {
    command.child.stdin?.write(`{"userId":"u${k}","itemId":"i","type":"view","time":"2026-01-01T00:00:00Z"}\n`);
  }
  const statuses = async () => (await listIngests(database.db, { limit: 1 })).map(({ status }) => status);
  await expect.poll(statuses, { timeout: 20_000 }).toEqual(['running']);
  await kindred(['runs'], env);
  expect(await statuses()).toEqual(['running']);
  await command.end('SIGKILL');
  await kindred(['runs'], env);
  const [ingest] = await listIngests(database.db, { limit: 1 });
  expect(ingest).toMatchObject({ status: 'failed', error: { code: 'INTERRUPTED' } });
  expect(await countEvents(database.db)).toEqual(before);
});
