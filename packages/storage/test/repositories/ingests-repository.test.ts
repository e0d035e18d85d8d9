import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addDeadLetters,
  countDeadLetters,
  listDeadLetters,
  listIngestsOfDeadLetters,
  markReplayed,
  supersedeDeadLetters,
} from '../../src/repositories/dead-letters-repository.js';
import {
  createIngest,
  failIngest,
  finishIngest,
  getIngest,
  listIngests,
} from '../../src/repositories/ingests-repository.js';
import { openTestDatabase, type TestDatabase } from '../../src/testing.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const letter = (lineNumber: number, code = 'LINE_MALFORMED') => ({
  lineNumber,
  raw: `line ${lineNumber}`,
  code,
  message: 'bad',
});

test('an ingest that is done has a verdict for every line', async () => {
  const { db } = database;
  const id = await createIngest(db, { source: 'shop.csv', plan: { format: 'csv' } });
  expect(await getIngest(db, id)).toMatchObject({
    status: 'running',
    plan: { format: 'csv' },
    finishedAtMs: undefined,
  });
  const counts = { read: 10, stored: 6, duplicates: 3, rejected: 1, byReason: { USER_MISSING: 1 } };
  await expect(finishIngest(db, id, { ...counts, stored: 7 })).rejects.toMatchObject({ code: 'INTERNAL' });
  await finishIngest(db, id, counts);
  expect(await getIngest(db, id)).toMatchObject({ status: 'done', ...counts, error: undefined });
  await expect(finishIngest(db, id, counts)).rejects.toMatchObject({ code: 'STATE_INVALID' });
  await expect(failIngest(db, id, { code: 'INTERNAL', message: '' })).rejects.toMatchObject({ code: 'STATE_INVALID' });
  await expect(getIngest(db, 999_999)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('an ingest that failed keeps its reason and none of its dead letters', async () => {
  const { db } = database;
  const id = await createIngest(db, { source: 'broken.gz' });
  await addDeadLetters(db, id, [letter(1), letter(2)]);
  await failIngest(db, id, { code: 'FILE_CORRUPT', message: 'cut short' });
  expect(await getIngest(db, id)).toMatchObject({
    status: 'failed',
    error: { code: 'FILE_CORRUPT', message: 'cut short' },
  });
  expect(await listDeadLetters(db, { ingestId: id, limit: 9 })).toEqual([]);
  const newer = await createIngest(db, { source: 'other' });
  expect((await listIngests(db, { limit: 1 })).map((ingest) => ingest.id)).toEqual([newer]);
  expect((await listIngests(db, { limit: 1, beforeId: newer })).map((ingest) => ingest.id)).toEqual([id]);
});

test('the raw line survives whatever it holds', async () => {
  const { db } = database;
  const id = await createIngest(db, { source: 'odd.csv' });
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, k) => k));
  const text = '\0 tab\t {"quoted"}, \\x41 \u{1f600}\r\n';
  await addDeadLetters(db, id, [
    { lineNumber: 7, raw: bytes, code: 'FILE_ENCODING', message: 'holds \0' },
    { lineNumber: 8, raw: text, code: 'LINE_MALFORMED', message: '' },
    { lineNumber: 9, raw: '', code: 'LINE_MALFORMED', message: '' },
  ]);
  await addDeadLetters(db, id, []);
  const letters = await listDeadLetters(db, { ingestId: id, limit: 9 });
  expect(letters.map(({ lineNumber }) => lineNumber)).toEqual([7, 8, 9]);
  expect(letters[0]?.raw.equals(bytes)).toBe(true);
  expect(letters[0]?.message).toBe('holds \uFFFD');
  expect(letters.slice(1).map(({ raw }) => raw.toString('utf8'))).toEqual([text, '']);
});

test('pages of dead letters, and those that were replayed', async () => {
  const { db } = database;
  const id = await createIngest(db, { source: 'long.csv' });
  await addDeadLetters(
    db,
    id,
    Array.from({ length: 25 }, (_, k) => letter(k, k % 5 === 0 ? 'USER_MISSING' : undefined)),
  );
  const lines: number[] = [];
  let afterId: number | undefined;
  for (;;) {
    const page = await listDeadLetters(db, { ingestId: id, afterId, limit: 10 });
    if (page.length === 0) break;
    lines.push(...page.map(({ lineNumber }) => lineNumber));
    afterId = page.at(-1)?.id;
  }
  expect(lines).toEqual(Array.from({ length: 25 }, (_, k) => k));
  expect(await countDeadLetters(db, id)).toEqual({ LINE_MALFORMED: 20, USER_MISSING: 5 });

  const missing = await listDeadLetters(db, { ingestId: id, code: 'USER_MISSING', limit: 99 });
  const ids = missing.map((one) => one.id);
  expect(await markReplayed(db, ids)).toBe(5);
  expect(await markReplayed(db, ids)).toBe(0);
  expect(await countDeadLetters(db, id)).toEqual({ LINE_MALFORMED: 20 });
  expect(await listDeadLetters(db, { ingestId: id, code: 'USER_MISSING', open: true, limit: 99 })).toEqual([]);
});

test('a file that is read again keeps one dead letter for a bad line', async () => {
  const { db } = database;
  const read = async (source: string, letters: readonly Parameters<typeof addDeadLetters>[2][number][]) => {
    const id = await createIngest(db, { source });
    await addDeadLetters(db, id, letters);
    const rejected = letters.length;
    await finishIngest(db, id, { read: rejected, stored: 0, duplicates: 0, rejected, byReason: {} });
    return { id, superseded: await db.transaction().execute((trx) => supersedeDeadLetters(trx, id)) };
  };
  const linesOf = async (ingestId: number) =>
    (await listDeadLetters(db, { ingestId, limit: 99 })).map(({ lineNumber }) => lineNumber);
  const first = await read('nightly.csv', [letter(1), letter(2), letter(3), letter(4)]);
  const [replayed] = await listDeadLetters(db, { ingestId: first.id, limit: 1 });
  await markReplayed(db, [replayed?.id as number]);
  const other = await read('other.csv', [letter(2)]);
  const moved = { ...letter(2), lineNumber: 20 };
  const second = await read('nightly.csv', [letter(1), moved, letter(3, 'TIME_INVALID'), letter(5)]);
  expect([first.superseded, other.superseded, second.superseded]).toEqual([0, 0, 1]);
  // 1 was replayed, 2 stands in the newer one, 3 has another reason there, 4 is gone from the file.
  expect(await linesOf(first.id)).toEqual([1, 3, 4]);
  expect(await linesOf(other.id)).toEqual([2]);
  expect(await linesOf(second.id)).toEqual([1, 20, 3, 5]);
  expect(await listIngestsOfDeadLetters(db, 'TIME_INVALID')).toEqual([second.id]);
});
