import { describe, expect, it } from 'vitest';
import { isValidationDue, validationInterval, type WorkCounts } from '../src/validation-interval.js';

/** As a log of the size of Last.fm by a method whose steps take users. */
const LASTFM: WorkCounts = {
  users: 1892,
  items: 4489,
  pairs: 41_600,
  width: 64,
  stepsPerEpoch: 8,
  plannedEpochs: 60,
  validationUsers: 1892,
};

describe('validationInterval', () => {
  it('is every epoch where an epoch costs ten validations', () => {
    expect(validationInterval({ ...LASTFM, validationUsers: 100 })).toBe(1);
    expect(validationInterval({ ...LASTFM, stepsPerEpoch: 2000 })).toBe(1);
  });

  it('grows with the users who are validated and the width of the catalogue, and shrinks with the work of an epoch', () => {
    const here = validationInterval(LASTFM);
    expect(here).toBeGreaterThan(1);
    expect(here).toBeLessThan(validationInterval({ ...LASTFM, items: 40_000, validationUsers: 20_000 }));
    expect(validationInterval({ ...LASTFM, validationUsers: 900 })).toBeLessThan(here);
    expect(validationInterval({ ...LASTFM, items: 900 })).toBeLessThan(here);
    expect(validationInterval({ ...LASTFM, pairs: 1_000_000 })).toBeLessThan(here);
    expect(validationInterval({ ...LASTFM, users: 20_000 })).toBeLessThan(here);
  });

  it('leaves six points of the curve at least, and one epoch between two at least', () => {
    const costly = { ...LASTFM, items: 200_000, validationUsers: 100_000 };
    for (const [plannedEpochs, interval] of [
      [60, 10],
      [30, 5],
      [17, 2],
      [11, 1],
      [1, 1],
    ] as const) {
      expect(validationInterval({ ...costly, plannedEpochs })).toBe(interval);
    }
  });

  it('has the first epoch and the last validated whatever the interval', () => {
    const due = Array.from({ length: 14 }, (_, k) => k + 1).filter((epoch) => isValidationDue(epoch, 5, 14));
    expect(due).toEqual([1, 5, 10, 14]);
  });

  it('takes logs of nothing', () => {
    expect(validationInterval({ ...LASTFM, users: 0, items: 0, pairs: 0, validationUsers: 0 })).toBe(1);
  });
});
