import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetFolder, readBenchmarkTable, readItems } from '../src/index.js';
import { codeOf, emptyFolder, written } from './written.js';

const ROOT = process.env.KINDRED_DATASETS ?? resolve(import.meta.dirname, '../../../../shared/datasets');
const MOVIELENS = resolve(ROOT, 'movielens-100k');
if (!existsSync(MOVIELENS)) console.log(`skipped: movielens-100k is not at ${ROOT}`);

describe('readBenchmarkTable', () => {
  it('reads the columns it knows, rows in the order of the file', async () => {
    const path = written(
      'b.tsv.gz',
      'note\tuser_id\titem_id\trating\ttimestamp\tbehavior\nx\tb\ti\t3\t1500000000\tview\ny\ta\ti\t4.5\t1500000001\tbuy\n',
    );
    const table = await readBenchmarkTable(path);
    expect({
      ...table,
      users: table.users.names,
      items: table.items.names,
      behaviours: table.behaviours?.names,
    }).toEqual({
      path,
      rowCount: 2,
      users: ['b', 'a'],
      userCodes: Uint32Array.of(0, 1),
      items: ['i'],
      itemCodes: Uint32Array.of(0, 0),
      timesMs: Float64Array.of(1.5e12, 1.5e12 + 1000),
      values: Float32Array.of(3, 4.5),
      valueColumn: 'rating',
      behaviours: ['view', 'buy'],
      behaviourCodes: Uint16Array.of(0, 1),
    });
  });

  it('goes on with the vocabularies of another table', async () => {
    const train = await readBenchmarkTable(written('train.csv', 'user_id,item_id\na,x\nb,y\n'));
    const test = await readBenchmarkTable(written('test.csv', 'user_id,item_id\nb,z\nc,x\n'), train);
    expect([...test.userCodes, ...test.itemCodes]).toEqual([1, 2, 2, 0]);
    expect(test.users.names).toEqual(['a', 'b', 'c']);
    expect(test.timesMs).toBeUndefined();
  });

  it('takes an empty value for none', async () => {
    const { values } = await readBenchmarkTable(written('v.csv', 'user_id,item_id,weight\na,x,\nb,y,2\n'));
    expect([...(values ?? [])]).toEqual([Number.NaN, 2]);
  });

  it('grows over its first pages', async () => {
    const rows = Array.from({ length: 10_000 }, (_, k) => `u${k % 97},i${k % 1009},${k}`).join('\n');
    const table = await readBenchmarkTable(written('large.csv', `user_id,item_id,weight\n${rows}\n`));
    expect([table.rowCount, table.users.names.length, table.items.names.length, table.values?.[9999]]).toEqual([
      10_000, 97, 1009, 9999,
    ]);
    expect(table.users.names[table.userCodes[9999] as number]).toBe(`u${9999 % 97}`);
  });

  it.each([
    ['user_id,item\n1,2\n', 'MAPPING_INVALID', 'no column item_id; it has: user_id, item'],
    ['user_id,item_id\n', 'FILE_EMPTY', ''],
    ['user_id,item_id\n1,2\n,3\n', 'USER_MISSING', ':3: column user_id is empty'],
    ['user_id,item_id\n1,2\n3,a\0b\n', 'ITEM_INVALID', ':3: column item_id holds a control character'],
    ['user_id,item_id\n1,2,3\n', 'LINE_MALFORMED', ':2: 3 fields'],
    ['user_id,item_id,timestamp\n1,2,late\n', 'TIME_INVALID', ':2: column timestamp "late"'],
    ['user_id,item_id,timestamp\n1,2,\n', 'TIME_MISSING', ':2: column timestamp is empty'],
    ['user_id,item_id,quantity\n1,2,NaN\n', 'VALUE_INVALID', ':2: column quantity "NaN"'],
    ['user_id,item_id,behavior\n1,2,\n', 'TYPE_INVALID', ':2: column behavior is empty'],
    ['user_id,item_id,rating\n1,2,1e39\n', 'VALUE_INVALID', 'beyond 3.4e38'],
    ['user_id,item_id,Item-ID\n1,2,3\n', 'MAPPING_INVALID', 'the columns 2 and 3 are both "item_id"'],
  ])('%j → %s', async (content, code, message) => {
    await expect(readBenchmarkTable(written('bad.csv', content))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it.skipIf(!existsSync(MOVIELENS))('reads MovieLens-100K', async () => {
    const table = await readBenchmarkTable(resolve(MOVIELENS, 'interactions.tsv.gz'));
    expect([table.rowCount, table.users.names.length, table.items.names.length]).toEqual([100_000, 943, 1682]);
    expect(new Date(table.timesMs?.[0] as number).toISOString()).toContain('1997-09-20T03:05');
  });
});

describe('readItems', () => {
  it('reads titles, prices, categories and the rest as attributes', async () => {
    const path = written(
      'items.tsv',
      'item_id\ttitle\tmedian_unit_price\tcategory\tcolour\n1\tPot\t2.5\tkitchen\t\n2\t\t\t\tred\n',
    );
    expect(await readItems(path)).toEqual([
      { itemId: '1', title: 'Pot', price: 2.5, category: 'kitchen' },
      { itemId: '2', attributes: { colour: 'red' } },
    ]);
  });

  it.each([
    ['id,title\n1,a\n', 'MAPPING_INVALID'],
    ['item_id,title\n,a\n', 'ITEM_MISSING'],
    ['item_id,title\n1,a\n1,b\n', 'ITEM_INVALID'],
    ['item_id,price\n1,dear\n', 'VALUE_INVALID'],
  ])('%j → %s', async (content, code) => expect(await codeOf(readItems(written('items.csv', content)))).toBe(code));
});

describe('datasetFolder', () => {
  it('is the first root that holds the name', async () => {
    const path = written('here.txt', 'x');
    const root = resolve(path, '..');
    const folder = emptyFolder();
    const name = folder.slice(root.length + 1);
    expect(datasetFolder(name, [undefined, '/nowhere', root])).toBe(folder);
    expect(datasetFolder(name, root)).toBe(folder);
  });

  it('otherwise says where it looked and what is there', async () => {
    expect(() => datasetFolder('movielens', undefined)).toThrow('no folder of data sets is set');
    expect(() => datasetFolder('movielens', '/nowhere')).toThrow('looked in /nowhere');
    expect(await codeOf(() => datasetFolder('../etc', '/'))).toBe('DATASET_ABSENT');
    expect(await codeOf(() => datasetFolder('passwd', '/etc'))).toBe('DATASET_ABSENT');
  });
});
