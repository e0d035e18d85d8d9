import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEngine } from '@kindred/compute';
import type { Event, ItemId, RunStage, UserId } from '@kindred/domain';
import { saveArtefact } from '@kindred/models/artefact';
import { createModel, putItems, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { trainModel } from '@kindred/training';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSnapshot } from '../src/chosen.js';
import { executeRun, exportModel, folders, type StageResults, silentProgress } from '../src/index.js';
import { readTsv, scratchFolder } from './table-files.js';

const GROUPS = ['tea', 'tools', 'toys'] as const;
const USERS_PER_GROUP = 12;
const ITEMS_PER_GROUP = 8;
/** Without the prior: popularity says nothing of the groups. */
const SETTINGS = { dimensions: 12, priorStrength: 0, epochs: 30, segments: 6 };
const groupOf = (id: string) => id.split('-')[0] as string;

/** Users of three groups, each with six of the eight items of their group and one of another. */
const EVENTS: Event[] = GROUPS.flatMap((group, g) =>
  Array.from({ length: USERS_PER_GROUP }, (_, user) => {
    const own = Array.from({ length: ITEMS_PER_GROUP - 2 }, (_, k) => `${group}-${(k + user) % ITEMS_PER_GROUP}`);
    const stray = `${GROUPS[(g + 1) % GROUPS.length]}-${user % ITEMS_PER_GROUP}`;
    return [...own, stray].map(
      (itemId, k): Event => ({
        id: `${group}-${user}-${k}`,
        userId: `${group}-user-${user}` as UserId,
        itemId: itemId as ItemId,
        type: 'purchase',
        timeMs: Date.UTC(2025, 0, 1 + k, user),
        value: undefined,
        properties: undefined,
      }),
    );
  }).flat(),
);

const scratch = scratchFolder();
let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await storeEventBatch(database.db, EVENTS, 'test');
  const items = new Set(EVENTS.map(({ itemId }) => itemId));
  await putItems(
    database.db,
    [...items].map((itemId) => ({ itemId, title: `${itemId} \t the item`, category: `all for ${groupOf(itemId)}` })),
  );
});
afterAll(async () => {
  scratch.remove();
  await database.close();
});

async function run(stages: readonly RunStage[]): Promise<StageResults> {
  const surroundings = { database, dataDir: scratch.path('data'), threads: 1, progress: silentProgress };
  return (await executeRun(surroundings, { stages, settings: { index: 'exact' } })).results as unknown as StageResults;
}

/** One training on all events, without the trainings that choose and evaluate. */
async function train(modelId: string): Promise<void> {
  const { pair } = await run(['pair']);
  const part = await (await openSnapshot(database, pair.snapshotId)).part('serve');
  const engine = await loadEngine('cpu');
  const vocabulary = { users: part.users, items: part.items };
  const data = { data: part.data, vocabulary };
  const { artefact } = await trainModel({ method: 'swav', settings: SETTINGS, ...data, engine, seed: 1 });
  await engine.dispose();
  const path = folders.model(scratch.path('data'), modelId);
  await saveArtefact(folders.served(path), artefact);
  await createModel(database.db, { id: modelId, snapshotId: pair.snapshotId, method: 'swav', path });
}

it('the segments of a planted log are its groups, and named by what the groups have', async () => {
  const modelId = 'planted';
  await train(modelId);
  await run(['index']);
  const out = scratch.path('exported');
  expect(await exportModel(database, modelId, out)).toMatchObject({ segments: 6, users: 36 });
  const names = new Map(readTsv(join(out, 'segments.tsv')).map(([id = '', name = '']) => [id, name]));
  expect([...names.keys()]).toEqual(['0', '1', '2', '3', '4', '5']);
  const groupsOf = new Map<string, Set<string>>();
  const sizes = new Map<string, number>();
  const users = readTsv(join(out, 'user-segments.tsv'));
  expect(users.map(([userId]) => userId)).toEqual(readTsv(join(out, 'users.tsv')).map(([userId]) => userId));
  for (const [userId = '', segment = ''] of users) {
    groupsOf.set(segment, (groupsOf.get(segment) ?? new Set()).add(groupOf(userId)));
    sizes.set(segment, (sizes.get(segment) ?? 0) + 1);
  }
  let namedUsers = 0;
  for (const [segment, groups] of groupsOf) {
    expect(groups.size).toBe(1);
    const [group] = [...groups];
    const size = sizes.get(segment) ?? 0;
    if (size < 3) continue;
    namedUsers += size;
    const titles = `${group}-\\d the item`;
    expect(names.get(segment)).toMatch(new RegExp(`^all for ${group}: ${titles}(; ${titles})*$`));
  }
  expect(namedUsers).toBeGreaterThan(24);

  const file = join(folders.served(folders.model(scratch.path('data'), modelId)), 'segments.json');
  const described = readFileSync(file, 'utf8');
  const { segments } = JSON.parse(described) as { segments: { id: number; size: number }[] };
  expect(segments.map(({ id, size }) => [String(id), size])).toEqual(
    [...names.keys()].map((id) => [id, sizes.get(id) ?? 0]),
  );
  await run(['index']);
  expect(readFileSync(file, 'utf8')).toBe(described);
});
