import type { Event, ItemId, UserId } from '@kindred/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeEventBatch } from '../../src/bulk/store-event-batch.js';
import { storeEvents } from '../../src/bulk/store-events.js';
import { countEvents, readEvents } from '../../src/repositories/events-repository.js';
import { createIngest, finishIngest, getIngest } from '../../src/repositories/ingests-repository.js';
import { putItems, titlesOfItems } from '../../src/repositories/items-repository.js';
import { openTestDatabase, type TestDatabase } from '../../src/testing.js';
import { gather, inBatches, sampleEvent } from './sample-events.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE kindred.events, kindred.items`.execute(database.db);
});

const special = fc.constantFrom(...'\\\t\n\r\bN.,"\'{}');

/** Any text that an event may carry: tabs, newlines, backslashes, every plane of Unicode; no NUL, no half surrogates. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc.string({ unit: special, minLength: 1, maxLength: 12 }),
  )
  .map((value) => value.replaceAll('\0', '0'));
const event: fc.Arbitrary<Event> = fc.record({
  id: text,
  userId: text as fc.Arbitrary<UserId>,
  itemId: text as fc.Arbitrary<ItemId>,
  type: text,
  timeMs: fc.option(fc.integer({ min: -1_000_000_000_000, max: 4_102_444_800_000 }), { nil: undefined }),
  value: fc.option(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    { nil: undefined },
  ),
  properties: fc.option(
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
      { maxKeys: 3 },
    ),
    { nil: undefined },
  ),
});
const distinctEvents = fc.uniqueArray(event, { selector: ({ id }) => id, minLength: 1, maxLength: 20 });

function byId(events: readonly Event[]): Map<string, Event> {
  return new Map(events.map((one) => [one.id, { ...one, properties: plain(one.properties) }]));
}

/** fast-check makes objects without a prototype; the database does not. */
function plain(properties: Event['properties']): Event['properties'] {
  return properties === undefined ? undefined : { ...properties };
}

test('whatever an event holds comes back as it was, through COPY and through a batch', async () => {
  await fc.assert(
    fc.asyncProperty(distinctEvents, async (events) => {
      for (const store of [storeByCopy, storeByBatch]) {
        await sql`TRUNCATE kindred.events`.execute(database.db);
        await store(events);
        const read = await gather(readEvents(database.db, { batchSize: 7 }));
        expect(byId(read)).toEqual(byId(events));
      }
    }),
    { numRuns: 40, seed: 3 },
  );
});

async function storeByCopy(events: Event[]): Promise<void> {
  const counts = await storeEvents(database, inBatches(events), { source: 'test' });
  expect(counts).toEqual({ read: events.length, stored: events.length, duplicates: 0 });
}

async function storeByBatch(events: Event[]): Promise<void> {
  const verdicts = await storeEventBatch(database.db, events, 'test');
  expect(verdicts).toEqual(events.map(() => 'stored'));
}

test('a batch says of each event whether it was stored, as a list of seen ids would', async () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'A', 'é', '~');
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(ids, { maxLength: 6 }), async (batch) => {
      if (seen.size > 6) {
        await sql`TRUNCATE kindred.events`.execute(database.db);
        seen.clear();
      }
      const expected = batch.map((id) => {
        const verdict = seen.has(id) ? 'duplicate' : 'stored';
        seen.add(id);
        return verdict;
      });
      const events = batch.map((id) => sampleEvent(id));
      expect(await storeEventBatch(database.db, events, 'api')).toEqual(expected);
      expect(await countEvents(database.db)).toBe(seen.size);
    }),
    { numRuns: 60, seed: 5 },
  );
});

test('10,000 events in one batch', async () => {
  const events = Array.from({ length: 10_000 }, (_, k) => sampleEvent(`e${k}`, { value: k }));
  const verdicts = await storeEventBatch(database.db, [...events, ...events.slice(0, 3)], 'api');
  expect(verdicts.filter((verdict) => verdict === 'stored')).toHaveLength(10_000);
  expect(verdicts.slice(-3)).toEqual(['duplicate', 'duplicate', 'duplicate']);
});

test('duplicates: of the log, of the file, and the first one stays', async () => {
  await storeEventBatch(database.db, [sampleEvent('old', { value: 1 })], 'api');
  const first = [sampleEvent('b', { value: 2 }), sampleEvent('old', { value: 3 }), sampleEvent('a')];
  const second = [sampleEvent('b', { value: 4 }), sampleEvent('a', { value: 5 })];
  const counts = await storeEvents(database, inBatches(first, [], second), { source: 'test' });
  expect(counts).toEqual({ read: 5, stored: 2, duplicates: 3 });
  const values = (await gather(readEvents(database.db))).map(({ id, value }) => [id, value]);
  expect(values).toEqual([
    ['a', undefined],
    ['b', 2],
    ['old', 1],
  ]);
  expect(await storeEvents(database, inBatches(first), { source: 'test' })).toMatchObject({ stored: 0, duplicates: 3 });
});

test('a file without events is no fault', async () => {
  expect(await storeEvents(database, inBatches(), { source: 'test' })).toEqual({ read: 0, stored: 0, duplicates: 0 });
});

test('a reader that fails half way leaves nothing behind, and the pool in order', async () => {
  async function* broken(): AsyncGenerator<Event[]> {
    for (let k = 0; k < 20; k++) yield Array.from({ length: 1_000 }, (_, j) => sampleEvent(`${k}-${j}`));
    throw new Error('the file is cut short');
  }
  for (let k = 0; k < 12; k++) {
    await expect(storeEvents(database, broken(), { source: 'test' })).rejects.toThrow('the file is cut short');
  }
  expect(await countEvents(database.db)).toBe(0);
  expect(await storeEvents(database, inBatches([sampleEvent('a')]), { source: 'test' })).toMatchObject({ stored: 1 });
});

test('what is written in the same step stands or falls with the events', async () => {
  const ingestId = await createIngest(database.db, { source: 'shop.csv' });
  const items = () => [{ itemId: 'i1', title: 'A lantern' }];
  const file = () => inBatches([sampleEvent('a')]);
  const failing = storeEvents(database, file(), {
    source: 'test',
    items,
    finish: async (trx, counts) => {
      await finishIngest(trx, ingestId, { ...counts, rejected: 0, byReason: {} });
      throw new Error('the disk is full');
    },
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await countEvents(database.db)).toBe(0);
  expect((await getIngest(database.db, ingestId)).status).toBe('running');
  expect((await titlesOfItems(database.db, ['i1'])).size).toBe(0);

  await storeEvents(database, file(), {
    source: 'test',
    items,
    finish: (trx, counts) => finishIngest(trx, ingestId, { ...counts, rejected: 0, byReason: {} }),
  });
  expect(await getIngest(database.db, ingestId)).toMatchObject({ status: 'done', read: 1, stored: 1 });
  expect(await titlesOfItems(database.db, ['i1'])).toEqual(new Map([['i1', 'A lantern']]));
});

test('a signal ends the merge, and one that comes too late does nothing', async () => {
  const stop = new AbortController();
  const endless = storeEvents(database, inBatches([sampleEvent('a')]), {
    source: 'test',
    signal: stop.signal,
    items: () => {
      stop.abort();
      return [];
    },
    finish: async (trx) => void (await sql`SELECT pg_sleep(50)`.execute(trx)),
  });
  await expect(endless).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await countEvents(database.db)).toBe(0);
  await expect(
    storeEvents(database, inBatches([sampleEvent('a')]), { source: 'test', signal: stop.signal }),
  ).rejects.toMatchObject({ code: 'INTERRUPTED' });

  const late = new AbortController();
  const file = inBatches([sampleEvent('a')]);
  expect(await storeEvents(database, file, { source: 'test', signal: late.signal })).toMatchObject({ stored: 1 });
  late.abort();
  expect(await countEvents(database.db)).toBe(1);
});

test('a log fills the gaps of the catalogue and overrules none of it', async () => {
  await putItems(database.db, [{ itemId: 'i1', title: 'Lantern, red', tags: ['light'] }]);
  const items = () => [{ itemId: 'i1', title: 'LANTERN RED', category: 'garden', tags: ['x'] }];
  await storeEvents(database, inBatches([sampleEvent('a')]), { source: 'test', items });
  const { rows } = await sql`SELECT title, category, tags FROM kindred.items`.execute(database.db);
  expect(rows).toEqual([{ title: 'Lantern, red', category: 'garden', tags: ['light'] }]);
});

test('writers of the same events in opposite orders get by, and each event is stored once', async () => {
  const events = Array.from({ length: 2_000 }, (_, k) => sampleEvent(`e${k}`));
  const backwards = [...events].reverse();
  const outcomes = await Promise.all([
    storeEvents(database, inBatches(events), { source: 'one' }),
    storeEvents(database, inBatches(backwards), { source: 'two' }),
    storeEventBatch(database.db, events, 'api'),
    storeEventBatch(database.db, backwards, 'api'),
  ]);
  const stored = outcomes.map((outcome) =>
    Array.isArray(outcome) ? outcome.filter((verdict) => verdict === 'stored').length : outcome.stored,
  );
  expect(stored.reduce((sum, count) => sum + count)).toBe(2_000);
  expect(await countEvents(database.db)).toBe(2_000);
});

test('what Postgres can not hold: refused in ids and times, replaced in properties', async () => {
  const refused = [
    { event: sampleEvent('a', { userId: 'u\0' as UserId }), code: 'EVENT_INVALID' },
    { event: sampleEvent('a', { timeMs: Number.NaN }), code: 'TIME_INVALID' },
    { event: sampleEvent('a', { timeMs: -8_640_000_000_000_000 }), code: 'TIME_INVALID' },
  ];
  for (const { event: bad, code } of refused) {
    await expect(storeEvents(database, inBatches([bad]), { source: 'test' })).rejects.toMatchObject({ code });
    await expect(storeEventBatch(database.db, [bad], 'test')).rejects.toMatchObject({ code });
  }
  const odd = sampleEvent('a', { properties: { 'k\0': ['x\0y', '\ud800', '\\u0000', '😀'] } });
  await storeEvents(database, inBatches([odd]), { source: 'test' });
  await storeEventBatch(database.db, [{ ...odd, id: 'b' }], 'test');
  for (const { properties } of await gather(readEvents(database.db))) {
    expect(properties).toEqual({ 'k\uFFFD': ['x\uFFFDy', '\uFFFD', '\\u0000', '😀'] });
  }
});
