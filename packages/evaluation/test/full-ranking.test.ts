import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cohort, evaluate, METRIC_KINDS, rankCohort, trainedCohort } from '../src/index.js';
import { heldOutOf, scoresOf, trainingOf } from './support/made-up.js';
import { slowMetrics, slowRanking } from './support/slow-twin.js';

const CUTOFFS = [1, 3, 7];

/** A few users, few items, few distinct scores (many ties), random histories and held-out items. */
const worlds = fc.integer({ min: 1, max: 24 }).chain((itemCount) =>
  fc.record({
    itemCount: fc.constant(itemCount),
    mask: fc.constantFrom('seen' as const, 'none' as const),
    batchSize: fc.integer({ min: 1, max: 5 }),
    users: fc.array(
      fc.record({
        scores: fc.array(fc.constantFrom(-1.5, 0, 0, 0.25, 0.25, 1e-7, 3), {
          minLength: itemCount,
          maxLength: itemCount,
        }),
        history: fc.uniqueArray(fc.nat(itemCount - 1), { maxLength: itemCount }),
        heldOut: fc.uniqueArray(fc.nat(itemCount - 1), { maxLength: itemCount }),
        unknown: fc.nat(2),
      }),
      { minLength: 1, maxLength: 7 },
    ),
  }),
);

describe('full ranking against the slow exact twin', () => {
  it('gives the same lists and the same metrics, ties and masks included', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ itemCount, mask, batchSize, users }) => {
        const data = trainingOf(
          users.map((user) => user.history),
          itemCount,
        );
        const heldOut = heldOutOf(
          users.map((user) => user.heldOut),
          itemCount,
          users.map((user) => user.unknown),
        );
        const cohort = trainedCohort(data, heldOut, { mask });
        const expected = users.flatMap((user, row) => {
          const masked = new Set(mask === 'seen' ? user.history : []);
          const relevant = new Set(user.heldOut.filter((item) => !masked.has(item)));
          if (user.history.length === 0 || relevant.size + user.unknown === 0) return [];
          return [{ row, ranking: slowRanking(user.scores, masked), relevant, unknown: user.unknown }];
        });
        expect([...(cohort.rows ?? [])]).toEqual(expected.map((user) => user.row));
        if (expected.length === 0) return;
        const recommender = scoresOf(
          users.map((user) => user.scores),
          itemCount,
        );
        const evaluation = await evaluate(recommender, cohort, { mask, cutoffs: CUTOFFS, keepTop: 5, batchSize });
        expected.forEach((user, at) => {
          const count = evaluation.top.counts[at] as number;
          expect([...evaluation.top.items.subarray(at * 5, at * 5 + count)]).toEqual(user.ranking.slice(0, 5));
          for (const cutoff of CUTOFFS) {
            const slow = slowMetrics(user.ranking, user.relevant, user.unknown, cutoff);
            for (const kind of METRIC_KINDS) {
              expect(evaluation.perUser[`${kind}@${cutoff}`]?.[at]).toBeCloseTo(slow[kind], 12);
            }
          }
        });
      }),
      { numRuns: 300, seed: 20261122 },
    );
  });

  it('keeps the best in any order of arrival, at any width', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 60 }),
        async (scores, width) => {
          const lists = await rankCohort(scoresOf([scores], scores.length), oneUser(scores.length), {
            mask: 'none',
            width,
          });
          expect([...lists.items.subarray(0, lists.counts[0])]).toEqual(slowRanking(scores, new Set()).slice(0, width));
          expect([...lists.scores.subarray(0, lists.counts[0])]).toEqual(
            slowRanking(scores, new Set())
              .slice(0, width)
              .map((item) => Math.fround(scores[item] as number)),
          );
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('full ranking at its edges', () => {
  it('names the model and the user of a NaN score, masked items included', async () => {
    const data = trainingOf([[0], [0]], 3);
    const cohort = trainedCohort(data, heldOutOf([[1], [2]], 3), { mask: 'seen' });
    for (const table of [
      [
        [0, 1, 2],
        [0, Number.NaN, 1],
      ],
      [
        [0, 1, 2],
        [Number.NaN, 0, 1],
      ],
    ]) {
      const attempt = rankCohort(scoresOf(table, 3, 'broken'), cohort, { mask: 'seen', width: 2 });
      await expect(attempt).rejects.toMatchObject({
        code: 'SCORE_INVALID',
        message: expect.stringMatching(/broken.*position 1/),
      });
    }
  });

  it('gives a shorter list when fewer candidates remain, an empty one when none do', async () => {
    const data = trainingOf(
      [
        [0, 1],
        [0, 1, 2],
      ],
      3,
    );
    const cohort = trainedCohort(data, heldOutOf([[2], []], 3, [0, 1]), { mask: 'seen' });
    const lists = await rankCohort(
      scoresOf(
        [
          [9, 9, 1],
          [1, 2, 3],
        ],
        3,
      ),
      cohort,
      { mask: 'seen', width: 2 },
    );
    expect([...lists.counts]).toEqual([1, 0]);
    expect(lists.items[0]).toBe(2);
  });

  it('takes +Infinity as best and -Infinity as never', async () => {
    const lists = await rankCohort(scoresOf([[0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]], 3), oneUser(3), {
      mask: 'none',
      width: 3,
    });
    expect([...lists.items.subarray(0, lists.counts[0])]).toEqual([1, 0]);
  });

  it('refuses a model with another catalogue, and stops when told to', async () => {
    const other = rankCohort(scoresOf([[0]], 1, 'other'), oneUser(3), { mask: 'none', width: 1 });
    await expect(other).rejects.toMatchObject({
      code: 'EVALUATION_INVALID',
      message: expect.stringContaining('other ranks 1 items'),
    });
    const stopped = rankCohort(scoresOf([[0]], 1), oneUser(1), { mask: 'none', width: 1, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

function oneUser(itemCount: number): Cohort {
  return trainedCohort(trainingOf([[0]], itemCount), heldOutOf([[0]], itemCount), { mask: 'none' });
}
