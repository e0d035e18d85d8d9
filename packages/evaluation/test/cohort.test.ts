import { describe, expect, it } from 'vitest';
import { coldCohort, selectUsers, trainedCohort, wholeCohort } from '../src/index.js';
import { heldOutOf, trainingOf } from './support/made-up.js';

const train = trainingOf([[0, 2], [], [1], [0], [3]], 4);
const heldOut = heldOutOf([[1, 2], [3], [1], [], []], 4, [0, 0, 0, 2, 0]);

describe('cohorts', () => {
  it('takes users with a history and something left to find; held-out items that train has are not to be found', () => {
    const cohort = trainedCohort(train, heldOut, { mask: 'seen' });
    expect([...(cohort.users ?? [])]).toEqual([0, 3]);
    expect([...cohort.relevant.columns]).toEqual([1]);
    expect([...cohort.unknownRelevant]).toEqual([0, 2]);
    expect([...cohort.histories.columns]).toEqual([0, 2, 0]);
  });

  it('without a mask every held-out item is to be found', () => {
    const cohort = trainedCohort(train, heldOut, { mask: 'none' });
    expect([...(cohort.users ?? [])]).toEqual([0, 2, 3]);
    expect([...cohort.relevant.columns]).toEqual([1, 2, 1]);
  });

  it('the whole cohort takes users without a history too', () => {
    const cohort = wholeCohort(train, heldOut, { mask: 'seen' });
    expect([...(cohort.users ?? [])]).toEqual([0, 1, 3]);
    expect([...cohort.histories.offsets]).toEqual([0, 2, 2, 3]);
  });

  it('brings times along', () => {
    const timed = { ...train, times: Float64Array.of(10, 11, 12, 13, 14), endTimeMs: 14 };
    expect([...(trainedCohort(timed, heldOut, { mask: 'seen' }).times ?? [])]).toEqual([10, 11, 13]);
  });

  it('divides: those rows keep what they are told, when, and what they should find', () => {
    const timed = { ...train, times: Float64Array.of(10, 11, 12, 13, 14), endTimeMs: 14 };
    const all = { ...trainedCohort(timed, heldOut, { mask: 'none' }), hidden: train.positives };
    const part = selectUsers(all, Uint32Array.of(2, 0));
    expect([...(part.users ?? [])]).toEqual([3, 0]);
    expect([...(part.rows ?? [])]).toEqual([3, 0]);
    expect([...part.histories.columns]).toEqual([0, 0, 2]);
    expect([...(part.times ?? [])]).toEqual([13, 10, 11]);
    expect([...part.relevant.columns]).toEqual([1, 2]);
    expect([...part.unknownRelevant]).toEqual([2, 0]);
    expect([...(part.hidden?.columns ?? [])]).toEqual([1, 0, 2]);
    expect(selectUsers(trainedCohort(train, heldOut, { mask: 'none' }), Uint32Array.of(1)).times).toBeUndefined();
  });

  it('cold users are those without a history, known to train or not', () => {
    const cold = coldCohort(heldOut, train);
    expect([...(cold.rows ?? [])]).toEqual([1]);
    expect(cold.users).toBeUndefined();
    expect(cold.histories.columns.length).toBe(0);
    expect([...(coldCohort(heldOut).rows ?? [])]).toEqual([0, 1, 2, 3]);
  });

  it('refuses held-out data of another index space', () => {
    expect(() => trainedCohort(train, heldOutOf([[0]], 4), { mask: 'seen' })).toThrow(
      expect.objectContaining({ code: 'EVALUATION_INVALID' }),
    );
  });
});
