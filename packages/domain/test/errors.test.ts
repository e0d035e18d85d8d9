import { describe, expect, it } from 'vitest';
import { ERROR_TABLE, idFault, KindredError, nearestName } from '../src/index.js';

describe('error table', () => {
  it.each(Object.entries(ERROR_TABLE))('%s has a title, a way out, a status and an exit code', (code, entry) => {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(entry.title).toMatch(/\S/);
    expect(entry.wayOut).toMatch(/\.$/);
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect([1, 2, 3]).toContain(entry.exitCode);
  });

  it('is reached from an error', () => {
    expect(new KindredError('NO_MODEL', 'x').entry).toBe(ERROR_TABLE.NO_MODEL);
  });
});

describe('nearestName', () => {
  it('finds a typing slip and stays silent about strangers', () => {
    expect(nearestName('KINDRED_DATABSE_URL', ['KINDRED_DATABASE_URL', 'KINDRED_PORT'])).toBe('KINDRED_DATABASE_URL');
    expect(nearestName('zebra', ['popularity', 'ease'])).toBeUndefined();
  });
});

describe('idFault', () => {
  it.each([
    ['', /empty/],
    ['x'.repeat(257), /257 characters/],
    ['a\nb', /control/],
    ['a\0b', /control/],
    ['a\ud800', /surrogate/],
    ['\udc00b', /surrogate/],
    ['\ude00\ud83d', /surrogate/],
  ])('refuses %j', (id, reason) => {
    expect(idFault(id)).toMatch(reason);
  });

  it.each(['1', 'a/b c', 'ü', '\u{1f600}', 'x'.repeat(256)])('accepts %j', (id) => {
    expect(idFault(id)).toBeUndefined();
  });
});
