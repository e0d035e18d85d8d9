import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  addFoundItems,
  catalogueTextsSince,
  countItems,
  findItem,
  itemsByIds,
  listItems,
  putItems,
  textsOfCatalogue,
  titlesOfItems,
} from '../../src/repositories/items-repository.js';
import { openTestDatabase, type TestDatabase } from '../../src/testing.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE kindred.items`.execute(database.db);
});

const LANTERN = {
  itemId: 'i1',
  title: 'Lantern, "red"',
  text: 'Burns\nall night \\ brightly {really}',
  category: 'garden',
  tags: ['light', 'NULL', '', 'a,b', '{"x"}'],
  price: 2.55,
  available: false,
  publishedAtMs: 1_290_000_000_123,
  attributes: { colour: 'red', sizes: [1, 2] },
};

test('an item comes back as it was put, and a further put replaces it whole', async () => {
  const { db } = database;
  await putItems(db, [LANTERN]);
  expect(await findItem(db, 'i1')).toMatchObject(LANTERN);
  await putItems(db, [{ itemId: 'i1', title: 'Lantern\0' }]);
  expect(await findItem(db, 'i1')).toMatchObject({
    title: 'Lantern\uFFFD',
    text: undefined,
    tags: [],
    price: undefined,
    available: true,
    publishedAtMs: undefined,
    attributes: undefined,
  });
  expect(await findItem(db, 'i2')).toBeUndefined();
});

test('many at once, repeats included: the last one counts', async () => {
  const { db } = database;
  const items = Array.from({ length: 12_000 }, (_, k) => ({ itemId: `i${k % 11_000}`, title: `title ${k}` }));
  expect(await putItems(db, items)).toBe(11_000);
  expect(await countItems(db)).toBe(11_000);
  expect(await titlesOfItems(db, ['i5', 'i10999', 'nothing'])).toEqual(
    new Map([
      ['i5', 'title 11005'],
      ['i10999', 'title 10999'],
    ]),
  );
  expect((await itemsByIds(db, ['i5', 'nothing'])).size).toBe(1);
  expect(await putItems(db, [])).toBe(0);
});

test('what a log tells fills gaps only', async () => {
  const { db } = database;
  await putItems(db, [{ itemId: 'i1', title: 'Lantern', available: false }]);
  await addFoundItems(db, [
    { ...LANTERN, title: 'LANTERN', available: true },
    { itemId: 'i2', title: 'Vase' },
  ]);
  expect(await findItem(db, 'i1')).toMatchObject({ ...LANTERN, title: 'Lantern', available: false });
  expect(await findItem(db, 'i2')).toMatchObject({ title: 'Vase', available: true });
});

test('pages of the catalogue in the order of the ids', async () => {
  const { db } = database;
  const ids = ['B', 'a', 'b', 'é', '1', '10', '2'];
  await putItems(
    db,
    ids.map((itemId) => ({ itemId })),
  );
  const first = await listItems(db, { limit: 4 });
  const rest = await listItems(db, { limit: 9, afterItemId: first.at(-1)?.itemId });
  expect([...first, ...rest].map(({ itemId }) => itemId)).toEqual([...ids].sort());
});

test('what is written of items: title, text, category and tags; nothing for an item without any', async () => {
  const { db } = database;
  await putItems(db, [LANTERN, { itemId: 'i2', price: 3 }, { itemId: 'i3', title: 'Mug', tags: ['tea'] }]);
  const texts = await textsOfCatalogue(db);
  expect([...texts.keys()].sort()).toEqual(['i1', 'i3']);
  expect(texts.get('i1')).toBe(`Lantern, "red"\n${LANTERN.text}\ngarden\nlight\nNULL\na,b\n{"x"}`);
  expect(texts.get('i3')).toBe('Mug\ntea');
});

test('changes of the catalogue since a time, the newest first', async () => {
  const { db } = database;
  await putItems(db, [LANTERN, { itemId: 'i2' }]);
  await sql`UPDATE kindred.items SET updated_at = now() - interval '1 hour' WHERE item_id = 'i1'`.execute(db);
  const all = await catalogueTextsSince(db, 0, 10);
  expect(all.map(({ itemId, available }) => [itemId, available])).toEqual([
    ['i2', true],
    ['i1', false],
  ]);
  expect(all[0]?.text).toBe('');
  expect(await catalogueTextsSince(db, 0, 1)).toEqual(all.slice(0, 1));
  expect(await catalogueTextsSince(db, Date.now() - 600_000, 10)).toEqual(all.slice(0, 1));
});
