import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listenPromotions, type PromotionListener } from '../../src/listen-promotions.js';
import {
  advanceModel,
  createModel,
  findNewestModel,
  getModel,
  listModels,
} from '../../src/repositories/models-repository.js';
import {
  findCurrentPromotion,
  listPromotions,
  promoteModel,
  rollBack,
} from '../../src/repositories/promotions-repository.js';
import {
  findNewestSnapshot,
  getSnapshot,
  listSnapshots,
  recordSnapshot,
} from '../../src/repositories/snapshots-repository.js';
import { openTestDatabase, type TestDatabase } from '../../src/testing.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE kindred.promotions, kindred.models, kindred.snapshots`.execute(database.db);
  await recordSnapshot(database.db, { id: 's1', path: 'snapshots/s1', manifest: { pairs: 3 } });
});

async function indexedModel(id: string): Promise<void> {
  await createModel(database.db, { id, snapshotId: 's1', method: 'default', path: `models/${id}` });
  await advanceModel(database.db, id, 'indexed');
}

async function serving(): Promise<string | undefined> {
  return (await findCurrentPromotion(database.db))?.modelId;
}

test('a snapshot is noted once, however often it is made', async () => {
  await recordSnapshot(database.db, { id: 's2', path: 'b', manifest: { pairs: 4 } });
  expect((await findNewestSnapshot(database.db))?.id).toBe('s2');
  await recordSnapshot(database.db, { id: 's1', path: 'elsewhere', manifest: { pairs: 3 } });
  expect((await listSnapshots(database.db, { limit: 9 })).map(({ id }) => id)).toEqual(['s1', 's2']);
  expect(await getSnapshot(database.db, 's1')).toMatchObject({ path: 'elsewhere', manifest: { pairs: 3 } });
  await expect(getSnapshot(database.db, 's3')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a model comes further and never goes back; metrics add up', async () => {
  const { db } = database;
  await createModel(db, { id: 'm1', snapshotId: 's1', method: 'ease', path: 'models/m1' });
  await advanceModel(db, 'm1', 'evaluated', { 'ndcg@10': 0.2 });
  await advanceModel(db, 'm1', 'indexed', { recall: 0.99 });
  const model = await advanceModel(db, 'm1', 'evaluated', { 'ndcg@10': 0.3 });
  expect(model).toMatchObject({ status: 'indexed', metrics: { 'ndcg@10': 0.3, recall: 0.99 } });
  await createModel(db, { id: 'm2', snapshotId: 's1', method: 'ease', path: 'models/m2' });
  expect((await findNewestModel(db))?.id).toBe('m2');
  expect((await findNewestModel(db, 'evaluated'))?.id).toBe('m1');
  expect((await listModels(db, { limit: 1, beforeId: 'm2' })).map(({ id }) => id)).toEqual(['m1']);
  await expect(getModel(db, 'm9')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(advanceModel(db, 'm9', 'indexed')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('promotions, and rollbacks that walk back through them', async () => {
  const { db } = database;
  for (const id of ['a', 'b', 'c']) await indexedModel(id);
  await expect(rollBack(db, 'no')).rejects.toMatchObject({ code: 'NO_MODEL' });
  for (const id of ['a', 'b', 'a', 'c', 'c']) await promoteModel(db, id, 'better');
  expect((await listPromotions(db, { limit: 9 })).map(({ modelId }) => modelId)).toEqual(['c', 'a', 'b', 'a']);
  const walked: unknown[] = [];
  for (let k = 0; k < 3; k++) {
    const { modelId, previousModelId } = await rollBack(db, 'worse');
    expect(await serving()).toBe(modelId);
    walked.push([modelId, previousModelId]);
  }
  expect(walked).toEqual([
    ['a', 'b'],
    ['b', 'a'],
    ['a', undefined],
  ]);
  await expect(rollBack(db, 'worse')).rejects.toMatchObject({ code: 'NOTHING_TO_ROLL_BACK' });
  expect(await listPromotions(db, { limit: 99 })).toHaveLength(7);
});

test('only an indexed model is promoted, and no promotion is ever rewritten', async () => {
  const { db } = database;
  await createModel(db, { id: 'raw', snapshotId: 's1', method: 'ease', path: 'models/raw' });
  await expect(promoteModel(db, 'raw', 'x')).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
  await expect(promoteModel(db, 'none', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await serving()).toBeUndefined();
  await indexedModel('a');
  await promoteModel(db, 'a', 'x');
  await expect(sql`UPDATE kindred.promotions SET reason = 'y'`.execute(db)).rejects.toThrow(/append-only/);
  await expect(sql`DELETE FROM kindred.promotions`.execute(db)).rejects.toThrow(/append-only/);
});

test('promotions at the same moment stand in line: each knows the one before it', async () => {
  const { db } = database;
  const ids = Array.from({ length: 6 }, (_, k) => `m${k}`);
  for (const id of ids) await indexedModel(id);
  await Promise.all(ids.map((id) => promoteModel(db, id, 'race')));
  const newestFirst = await listPromotions(db, { limit: 9 });
  const chain = newestFirst.map(({ previousModelId }) => previousModelId);
  expect(chain).toEqual([...newestFirst.slice(1).map(({ modelId }) => modelId), undefined]);
});

/** What a listener was told, and a way to wait for it. */
function startListening(): {
  listener: PromotionListener;
  told: string[];
  heard(id: string): Promise<void>;
  faults: unknown[];
} {
  const told: string[] = [];
  const faults: unknown[] = [];
  let wake: () => void = () => undefined;
  const listener = listenPromotions(
    database.url,
    (modelId) => {
      told.push(modelId);
      wake();
    },
    { onFault: (fault) => faults.push(fault) },
  );
  const heard = async (id: string): Promise<void> => {
    while (told.at(-1) !== id) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { listener, told, heard, faults };
}

test('a listener hears the model that serves, each change, and after a lost connection what it missed', async () => {
  const { db } = database;
  for (const id of ['a', 'b', 'c']) await indexedModel(id);
  await promoteModel(db, 'a', 'first');
  const { listener, told, heard, faults } = startListening();
  await heard('a');
  await promoteModel(db, 'b', 'better');
  await heard('b');
  await sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'kindred-promotions' AND datname = current_database()
  `.execute(db);
  await promoteModel(db, 'c', 'while nobody listened');
  await heard('c');
  await rollBack(db, 'worse');
  await heard('b');
  await listener.close();
  await promoteModel(db, 'a', 'after the end');
  expect(told).toEqual(['a', 'b', 'c', 'b']);
  expect(faults).toHaveLength(1);
});

test('a callback that throws is told and does not end the listening', async () => {
  const { db } = database;
  await indexedModel('a');
  await promoteModel(db, 'a', 'first');
  const fault = await new Promise((resolve) => {
    const listener = listenPromotions(
      database.url,
      () => {
        throw new Error('the model can not be read');
      },
      { onFault: (error) => resolve(listener.close().then(() => error)) },
    );
  });
  expect(fault).toMatchObject({ message: 'the model can not be read' });
});
