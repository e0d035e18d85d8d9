import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  addDeadLetters,
  countDeadLetters,
  countEvents,
  createIngest,
  listDeadLetters,
  listIngests,
  readEvents,
} from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ingestLog, replayDeadLetters } from '../src/index.js';
import { scratchFolder } from './table-files.js';

const scratch = scratchFolder();
let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE kindred.events, kindred.items, kindred.ingests, kindred.dead_letters');
});
afterAll(async () => {
  scratch.remove();
  await database.close();
});

const HEADER = 'user_id\titem_id\ttype\ttimestamp\tvalue\n';
const line = (k: number, user = `u${k % 50}`) => `${user}\ti${k % 40}\tpurchase\t${1_700_000_000 + k}\t1\n`;
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, k) => line(from + k)).join('');
const file = (name: string, content: string | Uint8Array) => {
  const path = scratch.path(name);
  writeFileSync(path, content);
  return path;
};
const ingest = (path: string, options = {}) => ingestLog(database, { path }, options);

/** The fault of a reading, and that it left nothing. */
async function expectNothingKept(reading: Promise<unknown>, code: string): Promise<Error> {
  const before = await countEvents(database.db);
  const fault = await reading.then(
    () => undefined,
    (error: Error) => error,
  );
  expect(fault).toMatchObject({ name: 'KindredError', code });
  expect(await countEvents(database.db)).toBe(before);
  expect(await countDeadLetters(database.db)).toEqual({});
  for (const { status } of await listIngests(database.db, { limit: 99 })) expect(status).toBe('failed');
  return fault as Error;
}

describe('a file that is damaged where it was not looked at first', () => {
  // 40,000 lines, a bad one among each hundred: letters and events were on their way when the damage shows.
  const long = HEADER + Array.from({ length: 400 }, (_, k) => `${lines(99, k * 99)}\tno user\tview\t1\t\n`).join('');
  const packed = gzipSync(long);
  const flipped = Buffer.from(packed);
  flipped[packed.length - 6] = (packed[packed.length - 6] as number) ^ 0xff;
  it.each([
    ['cut.tsv.gz', packed.subarray(0, packed.length - 2000)],
    ['checksum.tsv.gz', flipped],
    ['rest.tsv.gz', Buffer.concat([packed, Buffer.from('something else')])],
  ])('%s leaves nothing behind, and can be read once it is whole', async (name, content) => {
    const path = file(name, content);
    const fault = await expectNothingKept(ingest(path), 'FILE_CORRUPT');
    expect(fault.message).toContain(path);
    expect(await listIngests(database.db, { limit: 9 })).toMatchObject([
      { status: 'failed', error: { code: 'FILE_CORRUPT' }, stored: 0 },
    ]);
    file(name, packed);
    expect(await ingest(path)).toMatchObject({ read: 40_000, stored: 39_600, duplicates: 0, deadLetters: 400 });
  });
});

describe('an interrupted reading', () => {
  it('of a stream that waits ends, keeps nothing, and can be begun again', async () => {
    const stop = new AbortController();
    const stream = new PassThrough();
    stream.write(HEADER + lines(20_000) + '\tno user\tview\t1\t\n'.repeat(6000));
    const reading = ingestLog(database, { stream }, { signal: stop.signal });
    await expect.poll(() => countDeadLetters(database.db), { interval: 20 }).toHaveProperty('USER_MISSING');
    stop.abort();
    await expectNothingKept(reading, 'INTERRUPTED');
    const again = { stream: Readable.from([HEADER, lines(20_000)]) };
    expect(await ingestLog(database, again, {})).toMatchObject({ stored: 20_000, duplicates: 0 });
  });

  it('of a file ends between two batches', async () => {
    const stop = new AbortController();
    const path = file('long.tsv', HEADER + lines(30_000));
    const progress = { say: () => undefined, advance: () => stop.abort() };
    await expectNothingKept(ingest(path, { signal: stop.signal, progress }), 'INTERRUPTED');
    expect(await ingest(path)).toMatchObject({ stored: 30_000 });
  });
});

describe('read = stored + duplicates + rejected', () => {
  it('whatever the lines are, and the same file twice stores nothing new', async () => {
    const cell = fc.constantFrom('a', 'b', 'ü', '', ' ', 'x\0', '\ud83d\ude00');
    const time = fc.constantFrom('1700000000', '2024-02-29', 'soon', '', '99999999999', '2023-02-29');
    const value = fc.constantFrom('', '1', '-2.5', 'NaN', '1e999');
    const row = fc.tuple(cell, cell, fc.constantFrom('view', 'buy', 'a type'), time, value);
    const record = fc.oneof(
      { weight: 9, arbitrary: row.map((cells) => cells.join('\t')) },
      { weight: 1, arbitrary: fc.constantFrom('short', 'a\tb\tview\t1700000000\t1\tone too many') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 60 }), async (records) => {
        await database.pool.query('TRUNCATE kindred.events, kindred.ingests, kindred.dead_letters');
        const path = file('some.tsv', HEADER + records.map((text) => `${text}\n`).join(''));
        const first = await ingest(path);
        expect(first.read).toBe(records.length);
        expect(first.read).toBe(first.stored + first.duplicates + first.rejected.total);
        expect(Object.values(first.rejected.byReason).reduce((a, b) => a + b, 0)).toBe(first.rejected.total);
        expect(await countEvents(database.db)).toBe(first.stored);
        expect(await countDeadLetters(database.db)).toEqual(first.rejected.byReason);
        const second = await ingest(path);
        expect(second).toMatchObject({ read: first.read, stored: 0, rejected: first.rejected });
        expect(await countEvents(database.db)).toBe(first.stored);
        expect(await countDeadLetters(database.db)).toEqual(first.rejected.byReason);
      }),
      { numRuns: 25, seed: 11 },
    );
  });

  it('is the same from a file, packed, from a stream and with lines that end otherwise', async () => {
    const text = HEADER + lines(500) + line(7);
    const counts = { read: 501, stored: 501, duplicates: 0 };
    expect(await ingest(file('a.tsv', text))).toMatchObject(counts);
    const again = { read: 501, stored: 0, duplicates: 501 };
    expect(await ingest(file('a.tsv.gz', gzipSync(text)))).toMatchObject(again);
    expect(await ingest(file('b.tsv', `\ufeff${text.replaceAll('\n', '\r\n')}`))).toMatchObject(again);
    expect(await ingestLog(database, { stream: Readable.from([Buffer.from(text)]) }, {})).toMatchObject(again);
  });

  it('ids are kept as they are, or their line is refused', async () => {
    const ids = [
      '\ud83d\ude00',
      ' a ',
      'a"b',
      "'; DROP TABLE kindred.events; --",
      '\\N',
      'a\\tb',
      'ü',
      '__proto__',
      '0',
      '1e5',
    ];
    const odd = ['\ud800', 'a\nb', 'a\0b', 'x'.repeat(257), '  '];
    const text = [...ids, ...odd]
      .map(
        (id) =>
          `${JSON.stringify({ userId: id, itemId: `item ${id}`.slice(0, 250), type: 'view', time: 1_700_000_000 })}\n`,
      )
      .join('');
    const report = await ingest(file('ids.jsonl', text));
    expect(report).toMatchObject({ read: ids.length + odd.length, stored: ids.length });
    expect(report.rejected.byReason).toEqual({ USER_INVALID: 4, USER_MISSING: 1 });
    const stored = [];
    for await (const batch of readEvents(database.db)) stored.push(...batch.map(({ userId }) => String(userId)));
    expect(stored.sort()).toEqual(ids.toSorted());
  });
});

describe('dead letters', () => {
  const wrongMap = { map: 'user=user_id,item=item_id,time=type' };
  it('pass when the mapping is mended, once', async () => {
    const report = await ingest(file('wrong.tsv', HEADER + lines(30)), wrongMap);
    expect(report).toMatchObject({ stored: 0, rejected: { byReason: { TIME_INVALID: 30 } } });
    const same = await replayDeadLetters(database, {});
    expect(same).toEqual({
      replayed: 30,
      stored: 0,
      duplicates: 0,
      rejected: { total: 30, byReason: { TIME_INVALID: 30 } },
    });
    const map = 'user=user_id,item=item_id,time=timestamp,type=type,value=value';
    await expect(replayDeadLetters(database, { map: 'user=nobody' })).rejects.toMatchObject({
      code: 'MAPPING_INVALID',
    });
    await expect(replayDeadLetters(database, { preset: 'movielen' })).rejects.toMatchObject({ code: 'PRESET_UNKNOWN' });
    expect(await replayDeadLetters(database, { map, code: 'USER_MISSING' })).toMatchObject({ replayed: 0 });
    expect(await replayDeadLetters(database, { map, ingestId: report.ingestId })).toMatchObject({
      replayed: 30,
      stored: 30,
    });
    expect(await replayDeadLetters(database, { map })).toMatchObject({ replayed: 0 });
    // The lines have the ids that the file gives them: reading it rightly finds them stored.
    expect(await ingest(scratch.path('wrong.tsv'))).toMatchObject({ stored: 0, duplicates: 30 });
    await expect(replayDeadLetters(database, { ingestId: 99_999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of a log that is still being read are left alone', async () => {
    await ingest(file('wrong.tsv', HEADER + lines(2)), wrongMap);
    const [{ plan } = { plan: undefined }] = await listIngests(database.db, { limit: 1 });
    const running = await createIngest(database.db, { source: 'elsewhere.tsv', plan });
    const letter = { lineNumber: 2, raw: line(99).trimEnd(), code: 'TIME_INVALID', message: '' };
    await addDeadLetters(database.db, running, [letter]);
    const map = 'user=user_id,item=item_id,time=timestamp';
    expect(await replayDeadLetters(database, { map })).toMatchObject({ replayed: 2, stored: 2 });
    expect(await listDeadLetters(database.db, { open: true, limit: 9 })).toMatchObject([{ ingestId: running }]);
  });
});

const datasets = process.env.KINDRED_DATASETS ?? fileURLToPath(new URL('../../../../shared/datasets', import.meta.url));
const uci = `${datasets}/uci-online-retail/transactions.tsv.gz`;
describe.skipIf(!existsSync(uci))('the raw UCI log', () => {
  it('has a verdict for each of its 541,909 lines, and stores nothing new the second time', async () => {
    const report = await ingest(uci, { preset: 'uci-online-retail' });
    expect(report).toMatchObject({ read: 541_909, stored: 404_876, duplicates: 0, deadLetters: 137_033 });
    expect(report.rejected).toEqual({ total: 137_033, byReason: tally(uci) });
    expect(await ingest(uci)).toMatchObject({ read: 541_909, stored: 0, duplicates: 404_876 });
    expect(await countEvents(database.db)).toBe(404_876);
    expect(await countDeadLetters(database.db)).toEqual(report.rejected.byReason);
  });
});

/** The lines that the rules of the preset leave out, counted in the plainest way. */
function tally(path: string): Record<string, number> {
  const counts = { USER_MISSING: 0, EVENT_IGNORED_KIND: 0, PRICE_NOT_POSITIVE: 0 };
  const [header = '', ...rows] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const [item, price, user] = ['item_id', 'unit_price', 'user_id'].map((name) => header.split('\t').indexOf(name));
  for (const row of rows) {
    const cells = row.split('\t');
    if (cells[user as number] === '') counts.USER_MISSING++;
    else if (!/^\d{5}[A-Za-z]*$/.test(cells[item as number] as string)) counts.EVENT_IGNORED_KIND++;
    else if (Number(cells[price as number]) <= 0) counts.PRICE_NOT_POSITIVE++;
  }
  return counts;
}
