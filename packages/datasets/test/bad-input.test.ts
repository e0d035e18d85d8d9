import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLog } from '../src/index.js';
import { codeOf, emptyFolder, inShort, NOW_MS, verdictsOf, written } from './written.js';

const HEADER = 'user_id,item_id,type,time\n';
const many = (count: number) =>
  Array.from({ length: count }, (_, k) => `u${k},i${k * 7919},view,${1.5e9 + k * 37}\n`).join('');

describe('files that are refused', () => {
  it.each([
    ['empty.csv', '', 'FILE_EMPTY'],
    ['empty.csv.gz', '', 'FILE_EMPTY'],
    ['blank.csv', '\n\r\n\n', 'FILE_EMPTY'],
    ['header.csv', HEADER, 'FILE_EMPTY'],
    ['header.tsv', 'user_id\titem_id', 'FILE_EMPTY'],
    ['utf16.csv', Buffer.from(`\ufeff${HEADER}a,b,view,1\n`, 'utf16le'), 'FILE_ENCODING'],
    ['utf16-bare.csv', Buffer.from(`${HEADER}a,b,view,1\n`, 'utf16le'), 'FILE_ENCODING'],
    ['latin1-header.csv', Buffer.from('user_id,item_id,gr\xf6sse\n1,2,3\n', 'latin1'), 'FILE_ENCODING'],
    ['cr.csv', 'user_id,item_id\r1,2\r3,4\r', 'FORMAT_UNKNOWN'],
    ['book.xlsx', Buffer.from('PK\x03\x04 and so on'), 'FORMAT_UNKNOWN'],
    ['log.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'FORMAT_UNKNOWN'],
    ['words.txt', 'one\ntwo\n', 'FORMAT_UNKNOWN'],
    ['words.jsonl', 'one\ntwo\n', 'FORMAT_UNKNOWN'],
    ['long.tsv', 'x'.repeat(2_000_000), 'LINE_TOO_LONG'],
    ['fake.parquet', 'user_id,item_id\n1,2\n', 'MAPPED'],
    ['open-quote.csv', 'user_id,"item_id\n1,2\n', 'MAPPING_INVALID'],
    ['array.jsonl', '[1,2]\n', 'FORMAT_UNKNOWN'],
    ['short.gz', Buffer.from([0x1f, 0x8b]), 'FILE_CORRUPT'],
    ['noise.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255]), 'FILE_CORRUPT'],
  ])('%s', async (name, content, code) => {
    const expected = code === 'MAPPED' ? 'no error' : code; // a CSV that only calls itself Parquet is read as CSV
    expect(await codeOf(verdictsOf(written(name, content)))).toBe(expected);
  });

  it('a path that is not there, or a folder', async () => {
    expect(await codeOf(verdictsOf('/nowhere/at/all.csv'))).toBe('FILE_NOT_FOUND');
    expect(await codeOf(verdictsOf(emptyFolder()))).toBe('FILE_NOT_FOUND');
  });

  it('an unknown format or preset', async () => {
    const path = written('a.csv', 'user,item\n1,2\n');
    expect(await codeOf(verdictsOf(path, { preset: 'nope' }))).toBe('PRESET_UNKNOWN');
    expect(await codeOf(verdictsOf(path, { format: 'xml' as 'csv' }))).toBe('FORMAT_UNKNOWN');
    expect(await codeOf(verdictsOf(path, { format: 'parquet' }))).toBe('FILE_CORRUPT');
  });

  it('a gzip that was cut short, and one with a flipped bit, throw while they are read', async () => {
    const whole = gzipSync(HEADER + many(50_000));
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] = (flipped[whole.length >> 1] as number) ^ 0x10;
    for (const bytes of [whole.subarray(0, whole.length - 5000), whole.subarray(0, whole.length - 4), flipped]) {
      const log = await openLog({ path: written('cut.csv.gz', bytes) }, { nowMs: NOW_MS });
      const reading = (async () => {
        for await (const batch of log.verdicts()) expect(batch.length).toBeGreaterThan(0);
      })();
      expect(await codeOf(reading)).toBe('FILE_CORRUPT');
    }
  });

  it('a stream that breaks', async () => {
    async function* broken() {
      yield Buffer.from(HEADER + many(10));
      yield Buffer.from(many(5000));
      throw new Error('the pipe is gone');
    }
    const log = await openLog({ stream: Readable.from(broken()), name: '-' }, { nowMs: NOW_MS });
    const reading = (async () => {
      for await (const _ of log.verdicts());
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('the pipe is gone'),
    });
  });
});

describe('lines that are refused', () => {
  it('each by its code, and the lines around them are read', async () => {
    const lines = [
      'a,x,view,1500000000',
      '',
      'b,x,view',
      'b,x,view,1,2',
      ',x,view,1',
      'b,,view,1',
      'b,x,,1',
      'b,x,view,',
      'b,x,view,NaN',
      'b,x,view,4102444800',
      'b,x,view,2010-02-30',
      'b\0,x,view,1',
      '"b\nc",x,view,1',
      'b,"x"y,view,1',
      'z,"x,y",view,1\r',
    ];
    expect(inShort(await verdictsOf(written('mixed.csv', HEADER + lines.join('\n'))))).toEqual([
      '2:a/x',
      '4:LINE_MALFORMED',
      '5:LINE_MALFORMED',
      '6:USER_MISSING',
      '7:ITEM_MISSING',
      '8:TYPE_INVALID',
      '9:TIME_MISSING',
      '10:TIME_INVALID',
      '11:TIME_IN_FUTURE',
      '12:TIME_INVALID',
      '13:USER_INVALID',
      '14:USER_INVALID',
      '16:LINE_MALFORMED',
      '17:z/x,y',
    ]);
  });

  it('JSON that is no event', async () => {
    const good = '{"userId":"u","itemId":"i","type":"view","time":1}';
    const lines = [
      good,
      '{"userId":',
      'null',
      '[]',
      '"text"',
      '7',
      '{}',
      '{"userId":"u\\u0000","itemId":"i","type":"view","time":1}',
      '{"userId":"\\ud800","itemId":"i","type":"view","time":1}',
      '{"userId":"u","itemId":"i","type":"view","time":1,"value":"NaN"}',
      '{"userId":"u","itemId":"i","type":"view","time":1,"value":NaN}',
      '{"userId":"u","itemId":"i\\n","type":"view","time":1}',
      '{"userId":"u","itemId":"i","type":"view","time":1,"properties":{"a":"\\u0000"}}',
      '{"userId":"u","itemId":"i","type":"view","time":1,"properties":"text"}',
      '   ',
      good.replace('"u"', '"v"'),
    ];
    const verdicts = await verdictsOf(written('mixed.jsonl', lines.join('\r\n')));
    expect(inShort(verdicts)).toEqual([
      '1:u/i',
      '2:LINE_MALFORMED',
      '3:LINE_MALFORMED',
      '4:LINE_MALFORMED',
      '5:LINE_MALFORMED',
      '6:LINE_MALFORMED',
      '7:USER_MISSING',
      '8:USER_INVALID',
      '9:USER_INVALID',
      '10:VALUE_INVALID',
      '11:LINE_MALFORMED',
      '12:ITEM_INVALID',
      '13:EVENT_INVALID',
      '14:EVENT_INVALID',
      '16:v/i',
    ]);
  });

  it('a 10 MB line and a latin-1 line in the middle of a file', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}a,x,view,1\n`),
      Buffer.alloc(10_000_000, 'y'),
      Buffer.from('\nb,x,view,1\n'),
      Buffer.from('c,caf\xe9,view,1\n', 'latin1'),
      Buffer.from('d,café,view,1\n'),
    ]);
    const verdicts = await verdictsOf(written('long.csv', bytes));
    expect(inShort(verdicts)).toEqual(['2:a/x', '3:LINE_TOO_LONG', '4:b/x', '5:FILE_ENCODING', '6:d/café']);
    expect(verdicts[1]?.kind === 'rejected' && verdicts[1].raw.length).toBeLessThan(1000);
  });

  it('every data line gets exactly one verdict and nothing is thrown, whatever the bytes', async () => {
    const piece = fc.oneof(
      fc.constantFrom('u,i,view,1\n', '"', ',', '\n', '\r\n', '\0', '{"userId":1}\n', 'x,"y\n', 'NaN'),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (pieces) => {
        const body = Buffer.from(pieces.join(''), 'latin1');
        const bytes = Buffer.concat([Buffer.from(`${HEADER}first,i,view,1\n`), body]);
        const log = await openLog({ stream: Readable.from([bytes]) }, { nowMs: NOW_MS, format: 'csv' });
        const numbers: number[] = [];
        for await (const batch of log.verdicts()) numbers.push(...batch.map((verdict) => verdict.lineNumber));
        expect(numbers[0]).toBe(2);
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }),
      { seed: 23, numRuns: 300 },
    );
  });
});
