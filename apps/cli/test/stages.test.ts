import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syntheticShop } from '@kindred/datasets';
import { storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, KindredProcess, killAll, kindred } from './kindred-process.js';

const SHOP = syntheticShop({ users: 60, items: 60, events: 2500, seed: 9 });
const SMALL = ['--engine', 'cpu', '--method', 'two-tower', '--set', 'epochs=2', '--set', 'dimensions=8'];

/** A data directory with a database of its own. */
interface Place {
  readonly folder: string;
  readonly database: TestDatabase;
  run(...args: string[]): Promise<Ended>;
}

async function openPlace(): Promise<Place> {
  const database = await openTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'kindred-stages-'));
  const env = { KINDRED_DATA_DIR: folder, KINDRED_DATABASE_URL: database.url, KINDRED_THREADS: '1' };
  return { folder, database, run: (...args) => kindred([...args, '--json'], env) };
}

let here: Place;
let there: Place;
beforeAll(async () => {
  [here, there] = [await openPlace(), await openPlace()];
  await storeEventBatch(here.database.db, SHOP.events, 'test');
  await storeEventBatch(there.database.db, SHOP.events.toReversed(), 'test');
});
afterAll(async () => {
  await killAll();
  for (const { folder, database } of [here, there]) {
    rmSync(folder, { recursive: true, force: true });
    await database.close();
  }
});

async function done(ended: Promise<Ended>) {
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function refused(ended: Promise<Ended>, code: number) {
  const result = await ended;
  expect(result.code, result.stderr).toBe(code);
  expect(result.stderr).not.toMatch(/^ +at /m);
  return JSON.parse(result.stdout).error;
}

test('a stage without the one before it says which command comes first', async () => {
  expect(await refused(here.run('train'), 2)).toMatchObject({ message: expect.stringContaining('`kindred pair`') });
  expect(await refused(here.run('evaluate'), 2)).toMatchObject({ message: expect.stringContaining('`kindred train`') });
  expect(await refused(here.run('rollback'), 1)).toMatchObject({ code: 'NO_MODEL' });
});

test('the same events, settings and seed give the same snapshot and the same bytes, in separate processes', async () => {
  const [pairA, pairB] = await Promise.all([done(here.run('pair')), done(there.run('pair'))]);
  expect(pairB).toEqual(pairA);
  const [a, b] = await Promise.all([done(here.run('train', ...SMALL)), done(there.run('train', ...SMALL))]);
  for (const twin of ['evaluated', 'served']) {
    const bytes = ({ folder }: Place, modelId: string) =>
      readFileSync(join(folder, 'models', modelId, twin, 'vectors.safetensors'));
    expect(bytes(there, b.modelId).equals(bytes(here, a.modelId))).toBe(true);
  }
});

test('stage by stage into service, and back', async () => {
  const [first] = (await done(here.run('models'))).models;
  expect(await refused(here.run('promote', 'latest'), 3)).toMatchObject({ code: 'QUALITY_GATE' });
  expect(await refused(here.run('promote', 'latest', '--force'), 2)).toMatchObject({ code: 'MODEL_NOT_READY' });
  const evaluated = await done(here.run('evaluate', '--engine', 'cpu'));
  expect(evaluated).toMatchObject({ modelId: first.id, metrics: { 'ndcg@20': expect.any(Number) } });
  expect(await done(here.run('index', '--driver', 'exact'))).toMatchObject({ driver: 'exact', recallAt10: 1 });
  expect(await done(here.run('promote', first.id, '--force'))).toEqual({ modelId: first.id });
  expect(await refused(here.run('rollback'), 2)).toMatchObject({ code: 'NOTHING_TO_ROLL_BACK' });
  const second = await done(here.run('train', ...SMALL, '--seed', '2'));
  const compared = await done(here.run('evaluate', '--engine', 'cpu', '--against', first.id));
  expect(compared.against).toMatchObject({ modelId: first.id, pValue: expect.any(Number) });
  await done(here.run('index', '--driver', 'exact'));
  await done(here.run('promote', 'latest', '--force'));
  expect(await done(here.run('rollback'))).toMatchObject({ modelId: first.id });
  const { models } = await done(here.run('models'));
  expect(models.map(({ id, serving }: { id: string; serving: boolean }) => [id, serving])).toEqual([
    [second.modelId, false],
    [first.id, true],
  ]);
  const out = join(here.folder, 'vectors');
  expect(await done(here.run('export', '--out', out))).toMatchObject({ modelId: second.modelId, dimensions: 9 });
  expect(await refused(here.run('export', '--out', join(out, 'users.tsv')), 2)).toMatchObject({ code: 'USAGE' });
});

test('a search that is interrupted goes on with the same command, and its trials are runs', async () => {
  const command = ['train', ...SMALL, '--set', 'batchSize=256', '--search', '3'];
  const env = { KINDRED_DATA_DIR: here.folder, KINDRED_DATABASE_URL: here.database.url, KINDRED_THREADS: '1' };
  const stopped = new KindredProcess([...command, '--json'], env);
  while (!stopped.stderr.includes('trial 1 of 3 (')) await Promise.race([sleep(20), stopped.ended]);
  const { code, stdout } = await stopped.end('SIGINT');
  expect(code).toBe(130);
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'INTERRUPTED' });
  const again = await here.run(...command);
  expect(again.stderr).toMatch(/trial 1 of 3 \(the defaults\).*measured before/);
  expect(again.stderr).not.toMatch(/trial 3 of 3 .*measured before/);
  const { search } = JSON.parse(again.stdout);
  expect(search.rows.map(({ trial }: { trial: number }) => trial)).toEqual([1, 2, 3]);
  const { runs } = await done(here.run('runs', '--limit', '2'));
  expect(runs[0]).toMatchObject({
    status: 'done',
    settings: { method: 'two-tower', set: { epochs: 2, ...search.rows[2].settings } },
    results: { train: { validationNdcg: search.rows[2].validationNdcg } },
  });
  const { trials } = await done(here.run('runs', runs[0].parentId));
  expect(trials.at(-1)).toMatchObject({ id: runs[0].id });
});

test('mistyped names are answered with the nearest one', async () => {
  const cases = [
    [['train', '--set', 'epoch=3'], 'the nearest is epochs'],
    [['train', '--method', 'two-towers'], 'did you mean two-tower?'],
    [['train', '--set', 'epochs'], 'key=value'],
    [['pair', '--set', 'strength.view=2'], 'did you mean strengths?'],
    [['pair', '--split', 'tme'], 'did you mean time?'],
    [['train', '--engine', 'wsm'], 'did you mean wasm?'],
    [['index', '--driver', 'hnws'], 'did you mean hnsw?'],
    [['train', '--set', 'epochs=0'], 'it must be a whole number from 1 to 1000'],
    [['train', '--search', '0'], '--search'],
    [['train', '--search', '-1'], '--search'],
    [['train', '--search-kind', 'halving'], '--search <n>'],
    [['train', '--search', '3', '--search-kind', 'halvin'], 'did you mean halving?'],
    [['train', '--search', '3', '--set', 'temprature=1'], 'the nearest is temperature'],
    [['train', '--search', '3', '--set', 'temperature=9'], 'from 0.03 to 2'],
  ] as const;
  await Promise.all(
    cases.map(async ([args, hint]) => {
      expect((await refused(here.run(...args), 2)).message).toContain(hint);
    }),
  );
});
