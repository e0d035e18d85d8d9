import { type Event, Random, type UserId } from '@kindred/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeEventBatch } from '../../src/bulk/store-event-batch.js';
import {
  findOldestTimeMs,
  hasEventsBeside,
  newestEventsOfUser,
  readEvents,
} from '../../src/repositories/events-repository.js';
import { createIngest } from '../../src/repositories/ingests-repository.js';
import { openTestDatabase, type TestDatabase } from '../../src/testing.js';
import { gather, sampleEvent } from '../bulk/sample-events.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE kindred.events`.execute(database.db);
});

const idsOf = (events: readonly Event[]): string[] => events.map(({ id }) => id);

test('all events in an order of their own, however they came in and in whatever batches they are read', async () => {
  const times = [undefined, 1_000, 1_000, 1_001, -5, undefined];
  const events = Array.from({ length: 60 }, (_, k) => sampleEvent(`e${k}`, { timeMs: times[k % times.length] }));
  const order = new Random(7).sample(events.length, events.length);
  const shuffled = [...order].map((k) => events[k] as Event);
  await storeEventBatch(database.db, shuffled.slice(0, 31), 'api');
  await storeEventBatch(database.db, shuffled.slice(31), 'api');
  for (const batchSize of [1, 7, 60, 1_000]) {
    const batches: Event[][] = [];
    for await (const batch of readEvents(database.db, { batchSize })) batches.push(batch);
    expect(idsOf(batches.flat())).toEqual(sortedIds(events));
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(Math.min(batchSize, 60));
  }
});

/** The order promised, worked out the slow way. */
function sortedIds(events: readonly Event[]): string[] {
  const timeless = events.filter(({ timeMs }) => timeMs === undefined).map(({ id }) => id);
  const timed = events.filter(({ timeMs }) => timeMs !== undefined);
  timed.sort((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0) || (a.id < b.id ? -1 : 1));
  return [...timeless.sort(), ...idsOf(timed)];
}

test('a reading sees the log as it stood when it began, and can be left early', async () => {
  await storeEventBatch(
    database.db,
    ['a', 'b', 'c'].map((id) => sampleEvent(id)),
    'api',
  );
  const reading = readEvents(database.db, { batchSize: 1 });
  expect(idsOf((await reading.next()).value ?? [])).toEqual(['a']);
  await storeEventBatch(database.db, [sampleEvent('d')], 'api');
  expect(idsOf(await gather(reading))).toEqual(['b', 'c']);
  for (let k = 0; k < 12; k++) {
    for await (const batch of readEvents(database.db, { batchSize: 1 })) {
      expect(idsOf(batch)).toEqual(['a']);
      break;
    }
  }
});

test("a user's newest events: by time, then by arrival; those without a time last", async () => {
  await storeEventBatch(database.db, [sampleEvent('untimed, first', { timeMs: undefined })], 'api');
  await storeEventBatch(
    database.db,
    [sampleEvent('late arrival', { timeMs: 5 }), sampleEvent('z', { timeMs: 9 })],
    'api',
  );
  await storeEventBatch(
    database.db,
    [sampleEvent('a', { timeMs: 9 }), sampleEvent('other', { userId: 'u2' as UserId })],
    'api',
  );
  await storeEventBatch(database.db, [sampleEvent('untimed, then', { timeMs: undefined })], 'api');
  const expected = ['a', 'z', 'late arrival', 'untimed, then', 'untimed, first'];
  expect(idsOf(await newestEventsOfUser(database.db, 'u1', 10))).toEqual(expected);
  expect(idsOf(await newestEventsOfUser(database.db, 'u1', 2))).toEqual(['a', 'z']);
  expect(await newestEventsOfUser(database.db, 'nobody', 10)).toEqual([]);
});

test('the newest events of a user come from the index, not from a walk through the log', async () => {
  const events = Array.from({ length: 5_000 }, (_, k) =>
    sampleEvent(`e${k}`, { userId: `u${k % 500}` as UserId, timeMs: k }),
  );
  await storeEventBatch(database.db, events, 'api');
  await sql`ANALYZE kindred.events`.execute(database.db);
  const { rows } = await sql<Record<string, string>>`
    EXPLAIN SELECT * FROM kindred.events WHERE user_id = 'u7'
    ORDER BY time DESC NULLS LAST, received_at DESC, id DESC LIMIT 3
  `.execute(database.db);
  const plan = rows.map((row) => Object.values(row)[0]).join('\n');
  expect(plan).toMatch(/events_newest_of_user/);
  expect(plan).not.toMatch(/Seq Scan/);
});

test('the oldest time', async () => {
  expect(await findOldestTimeMs(database.db)).toBeUndefined();
  const events = [
    sampleEvent('b', { timeMs: undefined, type: 'purchase' }),
    sampleEvent('c', { userId: 'u2' as UserId, timeMs: 1_700_000_000_999 }),
  ];
  await storeEventBatch(database.db, events, 'api');
  expect(await findOldestTimeMs(database.db)).toBe(1_700_000_000_999);
  await storeEventBatch(database.db, [sampleEvent('a', { timeMs: 1_290_000_000_123 })], 'api');
  expect(await findOldestTimeMs(database.db)).toBe(1_290_000_000_123);
});

test('events that did not come from a source', async () => {
  const { db } = database;
  const [mine, again, other] = [
    await createIngest(db, { source: 'shop.csv' }),
    await createIngest(db, { source: 'shop.csv' }),
    await createIngest(db, { source: 'other.csv' }),
  ];
  expect(await hasEventsBeside(db, 'shop.csv')).toBe(false);
  await storeEventBatch(db, [sampleEvent('a')], `ingest:${mine}`);
  await storeEventBatch(db, [sampleEvent('b')], `ingest:${again}`);
  expect(await hasEventsBeside(db, 'shop.csv')).toBe(false);
  expect(await hasEventsBeside(db, 'other.csv')).toBe(true);
  await storeEventBatch(db, [sampleEvent('c')], `ingest:${other}`);
  expect(await hasEventsBeside(db, 'shop.csv')).toBe(true);
});
