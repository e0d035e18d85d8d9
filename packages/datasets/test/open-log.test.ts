import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { openLog, parseMapping, presetByName, replanLog, replayLine } from '../src/index.js';
import { codeOf, inShort, NOW_MS, verdictsOf, written } from './written.js';

const TSV = 'user_id\titem_id\ttimestamp\nann\tpot\t1500000000\nbob\tpan\t1500000001\n';

async function fromStream(content: string | Uint8Array, name = '-') {
  const bytes = Buffer.from(content as string);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, k) =>
    bytes.subarray(k * 100, k * 100 + 100),
  );
  const log = await openLog({ stream: Readable.from(chunks), name }, { nowMs: NOW_MS });
  const verdicts = [];
  for await (const batch of log.verdicts()) verdicts.push(...batch);
  return { log, verdicts };
}

function parquet(rows = 2500, rowGroupSize = 1000): Uint8Array {
  const of = <T>(value: (k: number) => T) => Array.from({ length: rows }, (_, k) => value(k));
  const buffer = parquetWriteBuffer({
    rowGroupSize,
    columnData: [
      { name: 'user_id', data: of((k) => BigInt(k % 50)), type: 'INT64' },
      { name: 'item_id', data: of((k) => (k === 7 ? '' : `item ${k % 20}`)), type: 'STRING' },
      { name: 'ts', data: of((k) => new Date(1.5e12 + k * 1000)), type: 'TIMESTAMP' },
      { name: 'rating', data: of((k) => (k === 9 ? Number.NaN : 4.5)), type: 'DOUBLE' },
      { name: 'unused', data: of(() => 'x'), type: 'STRING' },
    ],
  });
  return new Uint8Array(buffer);
}

describe('openLog', () => {
  it('reads the same from a file, a gzip under any name, and a stream', async () => {
    const expected = ['2:ann/pot', '3:bob/pan'];
    expect(inShort(await verdictsOf(written('a.tsv', TSV)))).toEqual(expected);
    expect(inShort(await verdictsOf(written('a.tsv.gz', TSV)))).toEqual(expected);
    expect(inShort(await verdictsOf(written('a.log', gzipSync(TSV))))).toEqual(expected);
    expect(inShort(await verdictsOf(written('a.tsv', `\ufeff${TSV.replace(/\n/g, '\r\n')}`)))).toEqual(expected);
    expect(inShort((await fromStream(TSV)).verdicts)).toEqual(expected);
    expect(inShort((await fromStream(gzipSync(TSV))).verdicts)).toEqual(expected);
    const twoMembers = Buffer.concat([gzipSync(TSV.slice(0, 40)), gzipSync(TSV.slice(40))]);
    expect(inShort((await fromStream(twoMembers)).verdicts)).toEqual(expected);
  });

  it('stops waiting for a stream that says no more when it is told to', async () => {
    const stop = new AbortController();
    const silent = openLog({ stream: new PassThrough() }, { nowMs: NOW_MS, signal: stop.signal });
    stop.abort();
    expect(await codeOf(silent)).toBe('INTERRUPTED');
    const later = new AbortController();
    const stream = new PassThrough();
    stream.write(gzipSync(TSV.repeat(9000)).subarray(0, 1000));
    const log = openLog({ stream }, { nowMs: NOW_MS, signal: later.signal });
    setImmediate(() => later.abort());
    expect(await codeOf(log)).toBe('INTERRUPTED');
  });

  it('reads a file twice and a stream once', async () => {
    const log = await openLog({ path: written('a.tsv', TSV) }, { nowMs: NOW_MS });
    const ids = async () => {
      const all = [];
      for await (const batch of log.verdicts())
        all.push(...batch.map((verdict) => verdict.kind === 'event' && verdict.event.id));
      return all;
    };
    expect(await ids()).toEqual(await ids());
    const { log: spent } = await fromStream(TSV);
    expect(await codeOf(spent.verdicts().next())).toBe('USAGE');
  });

  it('hands over batches of the size asked for', async () => {
    const body = Array.from({ length: 25 }, (_, k) => `u${k},i\n`).join('');
    const log = await openLog({ path: written('b.csv', `user,item\n${body}`) }, { nowMs: NOW_MS, batchSize: 10 });
    const sizes = [];
    for await (const batch of log.verdicts()) sizes.push(batch.length);
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('numbers equal lines, so that both are events and a longer export gives the same ids', async () => {
    const idsOf = async (content: string) =>
      (await verdictsOf(written('r.csv', content))).map((verdict) =>
        verdict.kind === 'event' ? verdict.event.id : '',
      );
    const short = await idsOf('user,item,ts\na,x,1\na,x,1\nb,x,1\n');
    expect(new Set(short).size).toBe(3);
    expect(await idsOf('user,item,ts\na,x,1\na,x,1\nb,x,1\na,x,1\n')).toEqual([
      ...short,
      expect.not.stringMatching(short.join('|')),
    ]);
  });

  it('collects titles on the way, the most frequent spelling', async () => {
    const log = await openLog(
      { path: written('t.csv', 'user,item,title\na,1,Pot\nb,1,POT\nc,1,POT\nd,2,\n,3,Gone\n') },
      { nowMs: NOW_MS },
    );
    for await (const _ of log.verdicts());
    expect(log.items()).toEqual([{ itemId: '1', title: 'POT' }, { itemId: '2' }]);
  });
});

describe('Parquet', () => {
  it('is read by row groups, from a file, a gzip and a stream; each row has a verdict', async () => {
    const bytes = parquet();
    const fromFile = await verdictsOf(written('a.parquet', bytes));
    expect(fromFile).toHaveLength(2500);
    expect(fromFile[0]).toMatchObject({
      kind: 'event',
      lineNumber: 1,
      event: { userId: '0', itemId: 'item 0', timeMs: 1.5e12, value: 4.5, type: 'rating' },
    });
    expect(fromFile[7]).toMatchObject({ kind: 'rejected', lineNumber: 8, code: 'ITEM_MISSING' });
    expect(fromFile[9]).toMatchObject({ kind: 'rejected', lineNumber: 10, code: 'VALUE_INVALID' });
    expect(fromFile[2499]).toMatchObject({ lineNumber: 2500, event: { timeMs: 1.5e12 + 2_499_000 } });
    expect((await fromStream(bytes)).verdicts).toEqual(fromFile);
    expect(await verdictsOf(written('b', gzipSync(bytes)))).toEqual(fromFile);
  });

  it('a truncated or empty one is refused', async () => {
    const bytes = parquet(100);
    expect(await codeOf(verdictsOf(written('cut.parquet', bytes.subarray(0, bytes.length - 100))))).toBe(
      'FILE_CORRUPT',
    );
    expect(await codeOf(verdictsOf(written('stub.parquet', Buffer.from('PAR1'))))).toBe('FILE_CORRUPT');
    const holed = Buffer.from(bytes);
    holed.fill(0xff, 4, 300);
    expect(await codeOf(verdictsOf(written('holed.parquet', holed)))).toBe('FILE_CORRUPT');
    expect(await codeOf(fromStream(bytes.subarray(0, 500)))).toBe('FILE_CORRUPT');
    expect(await codeOf(verdictsOf(written('none.parquet', parquet(0))))).toBe('FILE_EMPTY');
  });

  it('columns that do not fit are named', async () => {
    const path = written('c.parquet', parquet(10));
    await expect(verdictsOf(path, { map: 'user=who,item=item_id' })).rejects.toThrow(
      'user_id, item_id, ts, rating, unused',
    );
  });
});

describe('replayLine', () => {
  it('judges a dead letter again under its plan, as it was or mended', async () => {
    const path = written('d.csv', 'user,item,ts,note\n,x,1,"a\nb"\nu,x,99999999999,n\nu,x\n');
    const log = await openLog({ path }, { nowMs: NOW_MS });
    const plan = JSON.parse(JSON.stringify(log.plan));
    for await (const batch of log.verdicts()) {
      for (const verdict of batch) {
        if (verdict.kind === 'event') throw new Error('all of them are bad');
        expect(replayLine(verdict.raw, plan, { nowMs: NOW_MS, lineNumber: verdict.lineNumber })).toEqual(verdict);
      }
    }
    expect(replayLine('u,x,1,"a\nb"', plan, { nowMs: NOW_MS })).toMatchObject({
      kind: 'event',
      event: { userId: 'u' },
    });
    expect(replayLine('u,x,1,n\nu,y,1,n', plan, { nowMs: NOW_MS })).toMatchObject({ code: 'LINE_MALFORMED' });
    expect(replayLine('u,x,99999999999,n', plan, { nowMs: 99_999_999_999_000 })).toMatchObject({ kind: 'event' });
    expect(replayLine('cut:20000000:abc', plan, { nowMs: NOW_MS })).toMatchObject({ code: 'LINE_TOO_LONG' });
    expect(replayLine('bytes:u,caf\\xe9,1,n', plan, { nowMs: NOW_MS })).toMatchObject({ code: 'FILE_ENCODING' });
    expect(replayLine('bytes:u,caf\\xc3\\xa9,1,n', plan, { nowMs: NOW_MS })).toMatchObject({
      event: { itemId: 'café' },
    });
  });

  it('judges by a mended plan', async () => {
    const path = written('wrong.tsv', 'who\twhat\twhen\nann\tpot\t1500000000\n');
    const log = await openLog({ path }, { nowMs: NOW_MS, map: 'user=who,item=what,time=what' });
    const replay = (map: string) =>
      replayLine('ann\tpot\t1500000000', replanLog(log.plan, undefined, parseMapping(map)), { nowMs: NOW_MS });
    expect(replayLine('ann\tpot\t1500000000', log.plan, { nowMs: NOW_MS })).toMatchObject({ code: 'TIME_INVALID' });
    expect(replay('user=who,item=what,time=when,type:cart')).toMatchObject({
      event: { userId: 'ann', itemId: 'pot', type: 'cart', timeMs: 1.5e12 },
    });
    expect(() => replay('user=whom,item=what')).toThrow(expect.objectContaining({ code: 'MAPPING_INVALID' }));
  });

  it('judges by a mended plan where the file had no header', async () => {
    const log = await openLog(
      { path: written('u.tsv', '1\t2\t3\t4\n') },
      { nowMs: NOW_MS, map: 'user=1,item=2,time=2' },
    );
    const line = 'ann\tpot\t3\t1500000000';
    const preset = replanLog(log.plan, presetByName('movielens'), undefined);
    const mapped = replanLog(log.plan, undefined, parseMapping('user=1,item=2,time=4'));
    expect(replayLine(line, preset, { nowMs: NOW_MS })).toMatchObject({ event: { type: 'rating', value: 3 } });
    expect(replayLine(line, mapped, { nowMs: NOW_MS })).toMatchObject({ event: { userId: 'ann', timeMs: 1.5e12 } });
  });

  it('rows of Parquet come back as JSON', async () => {
    const log = await openLog({ path: written('e.parquet', parquet(10)) }, { nowMs: NOW_MS });
    const refused = [];
    for await (const batch of log.verdicts()) refused.push(...batch.filter((verdict) => verdict.kind === 'rejected'));
    const raw = refused[0]?.kind === 'rejected' ? refused[0].raw : '';
    expect(JSON.parse(raw)).toMatchObject({ user_id: '7', item_id: '', rating: 4.5 });
    expect(replayLine(raw.replace('"item_id":""', '"item_id":"mended"'), log.plan, { nowMs: NOW_MS })).toMatchObject({
      event: { userId: '7', itemId: 'mended', timeMs: 1.5e12 + 7000 },
    });
  });
});
