import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, loadEngine } from '@kindred/compute';
import { plantAnomalies, syntheticShop } from '@kindred/datasets';
import { type Event, type ItemId, rowDegrees, type UserId } from '@kindred/domain';
import { loadArtefact } from '@kindred/models/artefact';
import { buildSnapshotInMemory, type SnapshotPart, withoutUsers } from '@kindred/pairs';
import { storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executeRun, folders, judgeUsers, listAnomalies, type StageResults, silentProgress } from '../src/index.js';
import type { ExcludedUser } from '../src/training-parts.js';
import { anomaliesOf } from '../src/user-anomalies.js';
import { scratchFolder } from './table-files.js';

const SHOP = syntheticShop({ users: 300, items: 360, events: 10_000, seed: 4 }).events;
const PLANTED = plantAnomalies(SHOP, { share: 0.05, seed: 1 });

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine('wasm');
});
afterAll(() => engine.dispose());

async function partOf(events: readonly Event[]) {
  const snapshot = await buildSnapshotInMemory([events]);
  return { snapshot, part: await snapshot.part('serve'), log: await snapshot.events() };
}

function hasItems({ data }: SnapshotPart, row: number): boolean {
  return rowDegrees(data.positives)[row] !== 0;
}

/** The chance that a planted user has a larger score than another; a tie counts half. */
function auc(scores: Float64Array, isPlanted: (row: number) => boolean): number {
  const planted = scores.filter((_, row) => isPlanted(row));
  const others = scores.filter((_, row) => !isPlanted(row));
  let wins = 0;
  for (const score of planted) {
    for (const other of others) wins += score > other ? 1 : score === other ? 0.5 : 0;
  }
  return wins / (planted.length * others.length);
}

describe('planted anomalies', () => {
  it('are found, and users who do what others do are not', async () => {
    const { part, log } = await partOf(PLANTED.events);
    const judged = await judgeUsers(log, part, { engine, seed: 1 });
    const isPlanted = (row: number) => PLANTED.kindOfUser.has(part.users[row] as string);
    expect(auc(judged.scores, isPlanted)).toBeGreaterThan(0.9);
    const flagged = judged.flagged.filter(({ user }) => isPlanted(user));
    expect(flagged.length).toBeGreaterThanOrEqual(PLANTED.kindOfUser.size / 3);
    expect(judged.flagged.length - flagged.length).toBeLessThan(0.01 * part.users.length);

    // Of each kind the twin: as many users, each of whom does what one customer did.
    const customers = [...new Set(SHOP.map(({ userId }) => userId))].slice(0, PLANTED.kindOfUser.size);
    const copies = SHOP.filter(({ userId }) => customers.includes(userId)).map((event) => ({
      ...event,
      id: `copy-${event.id}`,
      userId: `copy-${event.userId}` as UserId,
    }));
    const copied = await partOf([...SHOP, ...copies]);
    const twins = await judgeUsers(copied.log, copied.part, { engine, seed: 1 });
    const isCopy = (row: number) => copied.part.users[row]?.startsWith('copy-') === true;
    const found = auc(twins.scores, isCopy);
    expect(found).toBeGreaterThan(0.3);
    expect(found).toBeLessThan(0.7);
  });

  it('are the same for the same seed', async () => {
    const { part, log } = await partOf(SHOP.slice(0, 2000));
    const [a, b] = [await judgeUsers(log, part, { engine, seed: 3 }), await judgeUsers(log, part, { engine, seed: 3 })];
    expect(a).toEqual(b);
    expect(plantAnomalies(SHOP, { share: 0.05, seed: 1 })).toEqual(PLANTED);
  });

  it('are judged by a discriminator as well where it is asked, and all else is as it was', async () => {
    const { part, log } = await partOf(syntheticShop({ users: 60, items: 40, events: 400, seed: 4 }).events);
    const judge = (critic: boolean) => judgeUsers(log, part, { engine, seed: 3, critic });
    const [asked, unasked] = [await judge(true), await judge(false)];
    const { implausibility, ...others } = asked.signals;
    expect(implausibility.values.some((value, row) => Number.isNaN(value) && hasItems(part, row))).toBe(false);
    expect(new Set(implausibility.deviations).size).toBeGreaterThan(part.users.length / 2);
    expect(unasked.signals).toEqual({ ...others, implausibility: expect.anything() });
    expect(unasked.signals.implausibility.values.every(Number.isNaN)).toBe(true);
    asked.scores.forEach((score, row) => {
      const more = Math.max(0, implausibility.deviations[row] as number);
      expect(score).toBeCloseTo((unasked.scores[row] as number) + more, 9);
    });
    // Each critic takes a thousand steps.
  }, 300_000);
});

describe('logs without anomalies', () => {
  const event = (user: number, item: number, minute = item): Event => ({
    id: `${user}-${item}-${minute}`,
    userId: `u${user}` as UserId,
    itemId: `i${item}` as ItemId,
    type: 'view',
    timeMs: Date.UTC(2025, 0, 1, 0, 17 * minute + user),
    value: undefined,
    properties: undefined,
  });

  it.each<[string, Event[]]>([
    ['users of one item', Array.from({ length: 120 }, (_, user) => event(user, user % 12))],
    [
      'users who all did the same',
      Array.from({ length: 80 }, (_, user) => [0, 1, 4, 9].map((item) => event(user, item))).flat(),
    ],
    [
      'two kinds of users',
      Array.from({ length: 80 }, (_, user) => [0, 1, 2].map((item) => event(user, item + 3 * (user % 2)))).flat(),
    ],
    ['a single user', [0, 1, 2].map((item) => event(0, item))],
  ])('flag nobody: %s', async (_, events) => {
    const { snapshot, part } = await partOf(events);
    expect(await anomaliesOf(snapshot, part, { engine, seed: 1 })).toEqual([]);
  });
});

describe('a part without some users', () => {
  it('has neither their pairs nor their questions, and all else as it was', async () => {
    const snapshot = await buildSnapshotInMemory([SHOP]);
    const part = await snapshot.part('evaluate');
    const isOut = (row: number) => row % 3 === 0;
    const left = withoutUsers(part, isOut);
    expect([left.users, left.items]).toEqual([part.users, part.items]);
    for (const matrix of [left.data.positives, left.data.negatives, left.heldOut?.items]) {
      part.users.forEach((_, row) => {
        if (isOut(row)) expect(matrix?.offsets[row]).toBe(matrix?.offsets[row + 1]);
      });
    }
    const [before, after] = [part.data, left.data];
    const pairs = ({ positives, weights, times }: typeof before, row: number) => {
      const range = [positives.offsets[row], positives.offsets[row + 1]] as const;
      return [positives.columns, positives.values, weights, times].map((array) => [...(array?.slice(...range) ?? [])]);
    };
    expect(pairs(after, 1)).toEqual(pairs(before, 1));
    expect(pairs(after, 2)).toEqual(pairs(before, 2));
  });
});

describe('a run that leaves anomalies out', () => {
  const scratch = scratchFolder();
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    const small = syntheticShop({ users: 120, items: 120, events: 3000, seed: 4 }).events;
    const { events } = plantAnomalies(small, { share: 0.05, seed: 1, kinds: ['bot', 'scraper'] });
    await storeEventBatch(database.db, events, 'test');
  });
  afterAll(async () => {
    scratch.remove();
    await database.close();
  });

  it('says who and why, learns nothing of them, and ranks for everybody', async () => {
    const surroundings = { database, dataDir: scratch.path('data'), threads: 1, progress: silentProgress };
    const train = { engine: 'wasm', method: 'two-tower', set: { epochs: 2, dimensions: 8 }, excludeAnomalies: true };
    const stages = ['pair', 'train', 'evaluate', 'index'] as const;
    const run = await executeRun(surroundings, { stages, settings: { ...train, index: 'exact' } });
    const results = run.results as unknown as StageResults;
    const { modelId, excludedUsers, snapshotId } = results.train;
    const folder = folders.model(scratch.path('data'), modelId);
    const { excluded } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      excluded: Record<'select' | 'evaluate' | 'serve', ExcludedUser[]>;
    };
    expect(excluded.serve).toHaveLength(excludedUsers ?? -1);
    expect(excludedUsers).toBeGreaterThan(0);
    expect(Object.keys(excluded)).toEqual(['select', 'evaluate', 'serve']);

    const listed = await listAnomalies(database, { engine: 'wasm', seed: 1, threads: 1, snapshotId: undefined });
    expect(listed.snapshotId).toBe(snapshotId);
    expect(listed.anomalies.map(({ userId, score, because }) => ({ userId, score, because }))).toEqual(excluded.serve);
    expect(excluded.serve[0]?.because).toMatch(/^\d+ items?; /);

    const artefact = await loadArtefact(folders.served(folder));
    const row = artefact.users?.ids.indexOf(excluded.serve[0]?.userId ?? '') ?? -1;
    const { dimensions, users } = artefact;
    // Never trained: the prior alone, and everything else from the history as it is asked.
    expect([...(users?.vectors.slice(row * dimensions, (row + 1) * dimensions - 1) ?? [])]).toEqual(
      new Array(8).fill(0),
    );
    expect(results.evaluate.testUsers).toBeGreaterThan(30);
    expect(results.index.items).toBe(artefact.items.length);
  }, 180_000);
});
