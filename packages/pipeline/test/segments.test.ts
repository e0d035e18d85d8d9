import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, ItemId, RunStage, UserId } from '@kindred/domain';
import { putItems, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
  const settings = { engine: 'cpu', index: 'exact', method: 'swav', set: SETTINGS };
  return (await executeRun(surroundings, { stages, settings })).results as unknown as StageResults;
}

it('the segments of a planted log are its groups, and named by what the groups have', async () => {
  const { train } = await run(['pair', 'train', 'index']);
  const out = scratch.path('exported');
  expect(await exportModel(database, train.modelId, out)).toMatchObject({ segments: 6, users: 36 });
  const names = new Map(readTsv(join(out, 'segments.tsv')).map(([id, name]) => [id, name ?? '']));
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
    expect(names.get(segment)).toMatch(new RegExp(`^all for ${group}: ${titles}(, ${titles})*$`));
  }
  expect(namedUsers).toBeGreaterThan(24);

  const file = join(folders.served(folders.model(scratch.path('data'), train.modelId)), 'segments.json');
  const described = readFileSync(file, 'utf8');
  const { segments } = JSON.parse(described) as { segments: { id: number; size: number }[] };
  expect(segments.map(({ id, size }) => [String(id), size])).toEqual(
    [...names.keys()].map((id) => [id, sizes.get(id) ?? 0]),
  );
  await run(['index']);
  expect(readFileSync(file, 'utf8')).toBe(described);
});
