import { describe, expect, it } from 'vitest';
import { MILLISECONDS_FROM, parseTime } from '../src/index.js';

const iso = (time: unknown) => {
  const read = parseTime(time);
  return typeof read === 'number' ? new Date(read).toISOString() : read;
};

describe('parseTime', () => {
  it.each([
    [1291191960, '2010-12-01T08:26:00.000Z'],
    ['1291191960', '2010-12-01T08:26:00.000Z'],
    [1291191960.5, '2010-12-01T08:26:00.500Z'],
    ['1291191960.25', '2010-12-01T08:26:00.250Z'],
    [1291191960123, '2010-12-01T08:26:00.123Z'],
    [1291191960n, '2010-12-01T08:26:00.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    ['2010-12-01', '2010-12-01T00:00:00.000Z'],
    ['2010-12-01T08:26', '2010-12-01T08:26:00.000Z'],
    ['2010-12-01 08:26:00', '2010-12-01T08:26:00.000Z'],
    ['2010-12-01T08:26:00.123456Z', '2010-12-01T08:26:00.123Z'],
    ['2010-12-01T08:26:00+02:00', '2010-12-01T06:26:00.000Z'],
    ['2010-12-01T08:26:00-0530', '2010-12-01T13:56:00.000Z'],
    ['2015-05-03 03:25:00 UTC', '2015-05-03T03:25:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    [new Date(1e12), '2001-09-09T01:46:40.000Z'],
  ])('reads %s', (given, expected) => expect(iso(given)).toBe(expected));

  it('takes numbers as seconds below the threshold and as milliseconds from it on', () => {
    expect(parseTime(MILLISECONDS_FROM - 1)).toBe((MILLISECONDS_FROM - 1) * 1000);
    expect(parseTime(MILLISECONDS_FROM)).toBe(MILLISECONDS_FROM);
  });

  it.each([
    ['2023-02-29', 'calendar'],
    ['2010-13-01', 'calendar'],
    ['2010-12-01T25:00', 'calendar'],
    ['01/12/2010 08:26', 'neither'],
    ['20101201', 'without separators'],
    ['yesterday', 'neither'],
    ['NaN', 'neither'],
    ['', 'neither'],
    [Number.NaN, 'not a number'],
    [Number.POSITIVE_INFINITY, 'not a number'],
    ['1e400', 'not a number'],
    [-5, 'before 1970'],
    [1.2e15, 'out of range'],
    [true, 'type boolean'],
    [[1], 'type array'],
  ])('refuses %s', (given, because) => expect(parseTime(given)).toContain(because));
});
