import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { countDeadLetters, countEvents, listIngests } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KindredProcess, killAll, kindred } from './kindred-process.js';

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'kindred-ingest-'));
  env = { KINDRED_DATA_DIR: join(folder, 'data'), KINDRED_DATABASE_URL: database.url };
});
beforeEach(() => database.pool.query('TRUNCATE kindred.events, kindred.ingests, kindred.dead_letters'));
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

const HEADER = 'user_id\titem_id\ttype\ttimestamp\n';
const lines = (count: number, from = 0) =>
  Array.from(
    { length: count },
    (_, k) => `u${(from + k) % 50}\ti${k % 40}\tpurchase\t${1_700_000_000 + from + k}\n`,
  ).join('');
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const ingest = (...args: string[]) => kindred(['ingest', '--json', ...args], env);

describe('kindred ingest', () => {
  it('prints the counts, and on standard output nothing else', async () => {
    const path = file('some.tsv', `${HEADER}${lines(3)}\ti\tview\t1\n`);
    const { code, stdout, stderr } = await ingest(path);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ingestId: expect.any(Number),
      source: path,
      read: 4,
      stored: 3,
      duplicates: 0,
      rejected: { total: 1, byReason: { USER_MISSING: 1 } },
      deadLetters: 1,
      seconds: expect.any(Number),
    });
    expect(stderr).toContain('user       ← user_id');
    const text = await kindred(['ingest', path], env);
    expect(text.stdout).toMatch(/read +4\n stored +0\n duplicates +3\n rejected +1\n {3}USER_MISSING +1\n/);
  });

  it('reads standard input', async () => {
    const { code, stdout } = await kindred(['ingest', '-', '--json'], env, HEADER + lines(7));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ source: 'standard input', read: 7, stored: 7 });
  });

  const good = HEADER + lines(50);
  const refused: readonly (readonly [code: string, message: string, args: () => string[]])[] = [
    ['FILE_NOT_FOUND', 'nothing.tsv does not exist', () => [join(folder, 'nothing.tsv')]],
    ['FILE_NOT_FOUND', 'is a folder', () => [folder]],
    ['FILE_EMPTY', 'empty.tsv', () => [file('empty.tsv', '')]],
    ['FILE_EMPTY', 'holds a header and no data', () => [file('header.tsv', HEADER)]],
    ['FILE_ENCODING', 'iconv -f utf-16', () => [file('utf16.tsv', Buffer.from(`\ufeff${good}`, 'utf16le'))]],
    [
      'FILE_ENCODING',
      'the first line is not UTF-8',
      () => [file('latin.tsv', Buffer.from('übel\tx\n1\t2\n', 'latin1'))],
    ],
    ['FILE_CORRUPT', 'cut.gz', () => [file('cut.gz', gzipSync(good).subarray(0, 100))]],
    ['FILE_CORRUPT', 'cut.parquet', () => [file('cut.parquet', `PAR1${'x'.repeat(500)}`)]],
    ['MAPPING_INVALID', 'the file has: a, b', () => [file('names.tsv', 'a\tb\n1\t2\n')]],
    ['MAPPING_INVALID', 'did you mean "user_id"?', () => [file('good.tsv', good), '--map', 'user=usr_id,item=item_id']],
    ['PRESET_UNKNOWN', 'did you mean movielens?', () => [file('good.tsv', good), '--preset', 'movielen']],
    ['FORMAT_UNKNOWN', 'csv, tsv, jsonl, parquet', () => [file('good.tsv', good), '--format', 'xml']],
    ['USAGE', 'only once', () => ['-', '-']],
  ];
  it('refuses what can not be read: exit 2, the way out, nothing stored', async () => {
    const check = async ([code, message, args]: (typeof refused)[number]) => {
      const ended = await ingest(...args());
      expect(ended.code, code).toBe(2);
      const { error } = JSON.parse(ended.stdout);
      expect(error).toMatchObject({ code, message: expect.stringContaining(message), wayOut: expect.any(String) });
      expect(ended.stderr).toContain(error.message);
      expect(ended.stderr).not.toMatch(/^ +at /m);
    };
    for (let k = 0; k < refused.length; k += 3) await Promise.all(refused.slice(k, k + 3).map(check));
    expect(await countEvents(database.db)).toBe(0);
    expect(await listIngests(database.db, { limit: 9 })).toEqual([]);
  });

  it('of several files stores none when one of them can not be read at all', async () => {
    const ended = await ingest(file('first.tsv', good), join(folder, 'nothing.tsv'));
    expect(ended.code).toBe(2);
    expect(await countEvents(database.db)).toBe(0);
  });

  it('of several files says which are stored when one turns out damaged, and goes on from there', async () => {
    const long = gzipSync(HEADER + lines(30_000, 100));
    const [first, second, third] = [
      file('first.tsv', good),
      file('second.tsv.gz', long.subarray(0, -3000)),
      file('third.tsv', good),
    ];
    const ended = await ingest(first, second, third);
    expect(ended.code).toBe(2);
    const { error } = JSON.parse(ended.stdout);
    expect(error.code).toBe('FILE_CORRUPT');
    expect(error.message).toContain(`files stored before it: ${first}; files not read: ${third}`);
    expect(await countEvents(database.db)).toBe(50);
    expect((await listIngests(database.db, { limit: 9 })).map(({ status }) => status)).toEqual(['failed', 'done']);
    file('second.tsv.gz', long);
    const again = await ingest(first, second, third);
    expect(JSON.parse(again.stdout)).toMatchObject({ read: 30_100, stored: 30_000, duplicates: 100 });
  });

  it('warns where not one line could be taken', async () => {
    const { code, stderr } = await ingest(
      file('all.tsv', HEADER + lines(5)),
      '--map',
      'user=user_id,item=item_id,time=type',
    );
    expect(code).toBe(0);
    expect(stderr).toContain('none of its 5 lines could be taken');
  });
});

/** An ingest from standard input that has read a part of it, dead letters kept, and waits for more. */
async function startReading(): Promise<KindredProcess> {
  const command = new KindredProcess(['ingest', '-', '--json'], env);
  command.child.stdin?.write(HEADER + lines(9000) + '\ti\tview\t1\n'.repeat(6000));
  await expect
    .poll(() => countDeadLetters(database.db), { timeout: 20_000, interval: 50 })
    .toHaveProperty('USER_MISSING');
  return command;
}

describe('an ingest that does not come to its end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s: exit 130, nothing kept', async (signal) => {
    const ended = await (await startReading()).end(signal);
    expect(ended, ended.stderr).toMatchObject({ code: 130, signal: null });
    expect(JSON.parse(ended.stdout).error.code).toBe('INTERRUPTED');
    expect(await countEvents(database.db)).toBe(0);
    expect(await countDeadLetters(database.db)).toEqual({});
    expect(await listIngests(database.db, { limit: 9 })).toMatchObject([
      { status: 'failed', error: { code: 'INTERRUPTED' } },
    ]);
  });

  it('killed, it is seen as failed by the next command, which can store all of it', async () => {
    await (await startReading()).end('SIGKILL');
    expect(await listIngests(database.db, { limit: 9 })).toMatchObject([{ status: 'running' }]);
    const again = await kindred(['ingest', '-', '--json'], env, HEADER + lines(9000));
    expect(JSON.parse(again.stdout)).toMatchObject({ stored: 9000, duplicates: 0 });
    expect(await listIngests(database.db, { limit: 9 })).toMatchObject([{ status: 'done' }, { status: 'failed' }]);
    expect(await countDeadLetters(database.db)).toEqual({});
  });
});

describe('kindred dead-letters', () => {
  it('come out as a file that can be mended and ingested', async () => {
    const text = `user_id,item_id,type,timestamp,"a ""note"", long"\nu1,i1,view,soon,"x, y"\n,i2,view,1700000000,\nu3,i3,view,1700000000,"two\nlines"\nu4,i4,a type,1700000000,\n`;
    await ingest(file('mixed.csv', text));
    const raw = await kindred(['dead-letters', 'list', '--raw'], env);
    expect(raw.stdout).toBe(
      `user_id,item_id,type,timestamp,"a ""note"", long"\nu1,i1,view,soon,"x, y"\n,i2,view,1700000000,\nu4,i4,a type,1700000000,\n`,
    );
    const mended = raw.stdout.replace('soon', '1700000001').replace('\n,i2', '\nu2,i2').replace('a type', 'a-type');
    expect(JSON.parse((await ingest(file('mended.csv', mended))).stdout)).toMatchObject({ read: 3, stored: 3 });
    const listed = await kindred(['dead-letters', 'list', '--code', 'TIME_INVALID'], env);
    expect(listed.stdout).toMatch(/TIME_INVALID +time "soon" is neither ISO 8601/);
    expect(listed.stdout).toContain('open: TIME_INVALID 1, TYPE_INVALID 1, USER_MISSING 1');
  });

  it('are judged again by a mended mapping, once', async () => {
    const path = file('wrong.tsv', `who\twhat\twhen\n${'ann\tpot\t1700000000\n'}`);
    await ingest(path, '--map', 'user=who,item=what,time=what');
    const replay = (...args: string[]) => kindred(['dead-letters', 'replay', '--json', ...args], env);
    expect(JSON.parse((await replay()).stdout)).toMatchObject({ replayed: 1, rejected: { total: 1 } });
    const map = ['--map', 'user=who,item=what,time=when'];
    expect(JSON.parse((await replay(...map)).stdout)).toMatchObject({ replayed: 1, stored: 1 });
    expect(JSON.parse((await replay(...map)).stdout)).toMatchObject({ replayed: 0, stored: 0 });
    const wrong = await replay('--map', 'user');
    expect(wrong.code).toBe(2);
    const unknown = await replay('--ingest', '4711');
    expect([unknown.code, JSON.parse(unknown.stdout).error.code]).toEqual([2, 'NOT_FOUND']);
  });

  it('of files with different columns are printed raw one ingest at a time', async () => {
    await ingest(file('one.tsv', `${HEADER}\ti\tview\t1\n`));
    await ingest(file('two.tsv', 'user_id\titem_id\n\ti\n'));
    const both = await kindred(['dead-letters', 'list', '--raw'], env);
    expect([both.code, both.stdout]).toEqual([2, '']);
    expect(both.stderr).toContain('have different columns');
  });

  it('never move the cursor of the terminal that they are listed on', async () => {
    await ingest(
      file(
        'escape.jsonl',
        `{"userId":"a","itemId":"b","type":"\\u009b2J","time":1}\n{"userId":"\u009b31mred","itemId":"","type":"view","time":1}\n`,
      ),
    );
    const { stdout } = await kindred(['dead-letters', 'list'], env);
    expect(stdout).toContain('TYPE_INVALID');
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
