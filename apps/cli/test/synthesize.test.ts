import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syntheticShop } from '@kindred/datasets';
import { storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KindredProcess, killAll, kindred } from './kindred-process.js';

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'kindred-synthesize-'));
  env = { KINDRED_DATA_DIR: folder, KINDRED_DATABASE_URL: database.url, KINDRED_THREADS: '1' };
  await storeEventBatch(database.db, syntheticShop({ users: 60, items: 40, events: 1500, seed: 7 }).events, 'test');
});
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

test('kindred synthesize writes a log and a report, and says in words what was measured', async () => {
  const out = join(folder, 'shared.csv');
  const small = ['--set', 'epochs=2', '--set', 'dimensions=4', '--engine', 'cpu'];
  const ended = await kindred(['synthesize', '--out', out, '--users', '30', '--force', ...small], env);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toContain('30 synthetic users');
  expect(ended.stdout).toMatch(/^the disclosure test (is failed|can not tell): /m);
  expect(readFileSync(out, 'utf8').split('\n')[0]).toBe('user,item,type,time,value');
  expect(existsSync(`${out}.report.json`)).toBe(true);
  const unknown = await kindred(['synthesize', '--out', out, '--method', 'gann', '--json'], env);
  expect([unknown.code, JSON.parse(unknown.stdout).error.code]).toEqual([2, 'METHOD_UNKNOWN']);
  const intoFolder = await kindred(['synthesize', '--out', folder, '--json'], env);
  expect([intoFolder.code, JSON.parse(intoFolder.stdout).error]).toEqual([
    2,
    expect.objectContaining({ code: 'USAGE', field: '--out' }),
  ]);
  expect([intoFolder.stderr.includes('learns from'), existsSync(`${folder}.report.json`)]).toEqual([false, false]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends the drawing of a long log in order, and none is written',
  async (signal) => {
    const out = join(folder, `${signal}.csv`);
    const small = ['--set', 'epochs=1', '--set', 'dimensions=4', '--engine', 'cpu'];
    const command = new KindredProcess(['synthesize', '--out', out, '--users', '300000', '--force', ...small], env);
    while (!command.stderr.includes('drawing 300000 users')) await sleep(50);
    await sleep(1000);
    const { code, stderr } = await command.end(signal);
    expect([code, stderr]).toEqual([130, expect.stringContaining('INTERRUPTED')]);
    expect(existsSync(out)).toBe(false);
  },
  60_000,
);
