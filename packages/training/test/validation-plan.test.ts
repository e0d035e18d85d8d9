import { describe, expect, it } from 'vitest';
import { isValidationDue, planValidation, type WorkCounts } from '../src/validation-plan.js';

/** As a log of the size of Last.fm by a method whose steps take users. */
const LASTFM: WorkCounts = {
  users: 1892,
  items: 4489,
  pairs: 41_600,
  width: 64,
  stepsPerEpoch: 8,
  plannedEpochs: 60,
  validationUsers: 1000,
};

describe('planValidation', () => {
  it('is every epoch for all where an epoch costs ten validations', () => {
    expect(planValidation({ ...LASTFM, validationUsers: 100 })).toEqual({ interval: 1, users: 100 });
    expect(planValidation({ ...LASTFM, stepsPerEpoch: 2000 })).toEqual({ interval: 1, users: 1000 });
  });

  it('grows with the users who are validated and the width of the catalogue, and shrinks with the work of an epoch', () => {
    const intervalOf = (changed: Partial<WorkCounts>) => planValidation({ ...LASTFM, ...changed }).interval;
    const here = intervalOf({});
    expect(here).toBeGreaterThan(1);
    expect(here).toBeLessThan(intervalOf({ items: 40_000, validationUsers: 20_000 }));
    expect(intervalOf({ validationUsers: 500 })).toBeLessThan(here);
    expect(intervalOf({ items: 900 })).toBeLessThan(here);
    expect(intervalOf({ pairs: 1_000_000 })).toBeLessThan(here);
    expect(intervalOf({ users: 20_000 })).toBeLessThan(here);
  });

  it('leaves six points of the curve at least, where there are as many epochs', () => {
    const costly = { ...LASTFM, items: 200_000, validationUsers: 100_000 };
    for (const [plannedEpochs, interval] of [
      [60, 12],
      [30, 6],
      [17, 4],
      [11, 2],
      [6, 1],
      [1, 1],
    ] as const) {
      expect(planValidation({ ...costly, plannedEpochs }).interval).toBe(interval);
      const due = Array.from({ length: plannedEpochs }, (_, k) => isValidationDue(k + 1, interval, plannedEpochs));
      expect(due.filter(Boolean).length).toBeGreaterThanOrEqual(Math.min(6, plannedEpochs));
    }
  });

  it('ranks for fewer users where six points of all are too many, for as many as a tenth pays for, 200 at least', () => {
    const usersOf = (changed: Partial<WorkCounts>) =>
      planValidation({ ...LASTFM, plannedEpochs: 17, validationUsers: 1892, ...changed }).users;
    const here = usersOf({});
    expect(here).toBeGreaterThan(200);
    expect(here).toBeLessThan(1892);
    expect(usersOf({ stepsPerEpoch: 20 })).toBeGreaterThan(here);
    expect(usersOf({ items: 9000 })).toBeLessThan(here);
    expect(usersOf({ items: 200_000 })).toBe(200);
    expect(usersOf({ items: 200_000, validationUsers: 150 })).toBe(150);
  });

  it('has the first epoch and the last validated whatever the interval', () => {
    const due = Array.from({ length: 14 }, (_, k) => k + 1).filter((epoch) => isValidationDue(epoch, 5, 14));
    expect(due).toEqual([1, 5, 10, 14]);
  });

  it('takes logs of nothing', () => {
    const { interval, users } = planValidation({ ...LASTFM, users: 0, items: 0, pairs: 0, validationUsers: 0 });
    expect(interval).toBeGreaterThanOrEqual(1);
    expect(users).toBe(0);
  });
});
