import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DelimitedRecord, RecordSplitter, splitQuoted } from '../src/split-record.js';

const cell = fc
  .oneof(fc.constantFrom('', '"', 'a"b', 'x,y', 'two\nlines', '""'), fc.string({ maxLength: 6 }))
  .map((text) => text.replace(/\r/g, ''));
const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

function split(text: string, width: number | undefined): DelimitedRecord[] {
  const out: DelimitedRecord[] = [];
  const splitter = new RecordSplitter({ delimiter: ',', quoted: true, width });
  for (const [index, line] of text.split('\n').entries()) splitter.push({ lineNumber: index + 1, text: line }, out);
  splitter.end(out);
  return out;
}

describe('RecordSplitter', () => {
  it('reads what an independent CSV reader reads', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constant('k'), cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
        const text = rows.map((row) => row.map(quote).join(',')).join('\n');
        const expected = parse(text, { relax_column_count: true }) as string[][];
        expect(split(text, 3).map((record) => record.fields)).toEqual(expected);
        expect(expected).toEqual(rows);
      }),
      { seed: 17, numRuns: 500 },
    );
  });

  it('takes a quote inside a field as text', () => {
    expect(splitQuoted('1,5" pipe,"a ""b"""', ',')).toEqual(['1', '5" pipe', 'a "b"']);
  });

  it('an unclosed quote costs one line, not the file', () => {
    const good = Array.from({ length: 500 }, (_, k) => `u${k},i${k}`);
    const records = split(['u,"open', ...good].join('\n'), 2);
    expect(records).toHaveLength(501);
    expect(records[0]).toMatchObject({ lineNumber: 1, fields: undefined, raw: 'u,"open' });
    expect(records.slice(1).map((record) => record.fields?.join(','))).toEqual(good);
    expect(records[500]?.lineNumber).toBe(501);
  });

  it('two stray quotes do not swallow the lines between them', () => {
    const records = split('u,"open\na,b\nc,d\n"v,x\ne,f', 2);
    expect(records.map(({ lineNumber, fields }) => [lineNumber, fields?.join('|')])).toEqual([
      [1, undefined],
      [2, 'a|b'],
      [3, 'c|d'],
      [4, undefined],
      [5, 'e|f'],
    ]);
  });

  it('a record over several lines is one, blank lines are none, wrong widths are refused', () => {
    const records = split('a,"1\n\n2"\n\nb,2\nc\nd,1,2', 2);
    expect(records.map(({ lineNumber, fields }) => [lineNumber, fields])).toEqual([
      [1, ['a', '1\n\n2']],
      [5, ['b', '2']],
      [6, undefined],
      [7, undefined],
    ]);
    expect(records[3]?.fault).toBe('3 fields, the header has 2');
  });
});
