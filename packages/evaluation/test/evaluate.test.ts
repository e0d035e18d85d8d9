import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { coldCohort, evaluate, getMetric, giniCoefficient, trainedCohort, wholeCohort } from '../src/index.js';
import { heldOutOf, scoresOf, trainingOf } from './support/made-up.js';

/** Four users, six items; item popularity 3, 2, 1, 1, 1, 0. */
const data = trainingOf([[0], [0, 1], [0, 1, 2], [3, 4]], 6);
const heldOut = heldOutOf([[1, 5], [2], [3], [0]], 6);
const popularity = Uint32Array.of(3, 2, 1, 1, 1, 0);
const descending = scoresOf(
  Array.from({ length: 4 }, () => [6, 5, 4, 3, 2, 1]),
  6,
  'by-popularity',
);
const cohort = trainedCohort(data, heldOut, { mask: 'seen' });

describe('evaluate', () => {
  it('means, coverage, Gini and novelty of a small world, worked by hand', async () => {
    const evaluation = await evaluate(descending, cohort, {
      mask: 'seen',
      cutoffs: [1, 2],
      itemPopularity: popularity,
    });
    // lists: [1,2], [2,3], [3,4], [0,1]; every first place is a hit
    expect(getMetric(evaluation, 'precision@1')).toBe(1);
    expect(getMetric(evaluation, 'recall@1')).toBe((0.5 + 1 + 1 + 1) / 4);
    expect(getMetric(evaluation, 'precision@2')).toBe(0.5);
    expect(evaluation.beyond['coverage@1']).toBeCloseTo(4 / 6, 12);
    expect(evaluation.beyond['coverage@2']).toBeCloseTo(5 / 6, 12);
    // counts at 2, ascending 0 1 1 2 2 2: weights -5 -3 -1 1 3 5
    expect(evaluation.beyond['gini@2']).toBeCloseTo((-3 - 1 + 2 + 6 + 10) / (6 * 8), 12);
    // places at 1: items 1, 2, 3, 0 with shares 2/8, 1/8, 1/8, 3/8
    expect(evaluation.beyond['novelty@1']).toBeCloseTo((2 + 3 + 3 + Math.log2(8 / 3)) / 4, 12);
    expect(evaluation.exposure?.trained.at(-1)).toBe(1);
    expect(evaluation.intervals).toEqual({});
  });

  it('buckets users by history length and items by popularity', async () => {
    const { buckets } = await evaluate(descending, cohort, { mask: 'seen', cutoffs: [1], itemPopularity: popularity });
    const activity = buckets.filter((bucket) => bucket.by === 'activity');
    expect(activity.map(({ name, from, to, users }) => [name, from, to, users])).toEqual([
      ['sparsest fifth', 1, 1, 1],
      ['second fifth', 2, 2, 2],
      ['fourth fifth', 3, 3, 1],
    ]);
    expect(activity.reduce((sum, bucket) => sum + bucket.users, 0)).toBe(4);
    const byItem = buckets.filter((bucket) => bucket.by === 'popularity');
    // 8 interactions: items 0 and 1 hold 5, past half; items of one degree stay together, so 2, 3, 4 are all mid
    expect(byItem.map(({ name, items, users }) => [name, items, users])).toEqual([
      ['head', 2, 2],
      ['mid', 3, 2],
      ['tail', 1, 1],
    ]);
    expect(byItem[2]?.metrics['recall@1']).toBe(0);
    expect(byItem[0]?.metrics['recall@1']).toBe(1);
  });

  it('cuts fifths and shares where they fall between users and items', async () => {
    // Histories of 1 .. 7 items: fifths end at the 2nd, 3rd, 5th, 6th and 7th user.
    const train = trainingOf(
      Array.from({ length: 7 }, (_, user) => Array.from({ length: user + 1 }, (_, item) => item)),
      8,
    );
    const test = heldOutOf(
      Array.from({ length: 7 }, () => [7]),
      8,
    );
    const scores = scoresOf(
      Array.from({ length: 7 }, () => [8, 7, 6, 5, 4, 3, 2, 1]),
      8,
    );
    const group = trainedCohort(train, test, { mask: 'seen' });
    const byUser = (await evaluate(scores, group, { mask: 'seen', cutoffs: [1] })).buckets;
    expect(byUser.map(({ from, to, users }) => [from, to, users])).toEqual([
      [1, 2, 2],
      [3, 3, 1],
      [4, 5, 2],
      [6, 6, 1],
      [7, 7, 1],
    ]);
    // 5 + 3 + 2: item 0 holds just half, items 0 and 1 just eight tenths; all three are held out.
    const all = heldOutOf([[0, 1, 2], [], [], [], [], [], []], 8);
    const itemPopularity = Uint32Array.of(5, 3, 2, 0, 0, 0, 0, 0);
    const none = trainedCohort(train, all, { mask: 'none' });
    const { buckets } = await evaluate(scores, none, { mask: 'none', cutoffs: [1], itemPopularity });
    const byItem = buckets.filter((bucket) => bucket.by === 'popularity');
    expect(byItem.map(({ name, from, to, items }) => [name, from, to, items])).toEqual([
      ['head', 5, 5, 1],
      ['mid', 3, 3, 1],
      ['tail', 0, 2, 6],
    ]);
  });

  it('keeps users without a history out of the fifths', async () => {
    const byItem = scoresOf(
      Array.from({ length: 4 }, () => [4, 3, 2, 1]),
      4,
    );
    const train = trainingOf([[], [0], [], [0, 1]], 4);
    const test = heldOutOf([[3], [3], [2], [3]], 4);
    const everyone = wholeCohort(train, test, { mask: 'seen' });
    const { buckets } = await evaluate(byItem, everyone, { mask: 'seen', cutoffs: [1] });
    expect(buckets.map(({ name, from, to, users }) => [name, from, to, users])).toEqual([
      ['sparsest fifth', 1, 1, 1],
      ['third fifth', 2, 2, 1],
    ]);
    const nobody = coldCohort(heldOutOf([[3], [2]], 4));
    expect((await evaluate(byItem, nobody, { mask: 'seen', cutoffs: [1] })).buckets).toEqual([]);
  });

  it('a permutation of the users permutes the results and leaves the means', async () => {
    const random = new Random(5, 'permutation');
    const rows = Array.from({ length: 30 }, () => [...random.sample(20, 1 + random.below(8))]);
    const wanted = rows.map(() => [...random.sample(20, 3)]);
    const scores = rows.map(() => Array.from({ length: 20 }, () => random.below(6)));
    const order = [...random.shuffle(Uint32Array.from(rows.keys()))];
    const run = async (pick: number[]) => {
      const train = trainingOf(
        pick.map((u) => rows[u] as number[]),
        20,
      );
      const test = heldOutOf(
        pick.map((u) => wanted[u] as number[]),
        20,
      );
      const group = trainedCohort(train, test, { mask: 'seen' });
      return {
        group,
        evaluation: await evaluate(
          scoresOf(
            pick.map((u) => scores[u] as number[]),
            20,
          ),
          group,
          { mask: 'seen', cutoffs: [5] },
        ),
      };
    };
    const plain = await run([...rows.keys()]);
    const permuted = await run(order);
    const byUser = new Map(
      [...plain.evaluation.userRows].map((row, at) => [row, plain.evaluation.perUser['ndcg@5']?.[at]]),
    );
    permuted.evaluation.userRows.forEach((row, at) => {
      expect(permuted.evaluation.perUser['ndcg@5']?.[at]).toBe(byUser.get(order[row] as number));
    });
    expect(getMetric(permuted.evaluation, 'map@5')).toBeCloseTo(getMetric(plain.evaluation, 'map@5'), 12);
  });

  it('one user, one item', async () => {
    const one = trainedCohort(trainingOf([[0]], 1), heldOutOf([[0]], 1), { mask: 'none' });
    const evaluation = await evaluate(scoresOf([[1]], 1), one, { mask: 'none', itemPopularity: Uint32Array.of(1) });
    expect(getMetric(evaluation, 'ndcg@50')).toBe(1);
    expect(evaluation.beyond['gini@10']).toBe(0);
  });

  it('refuses an empty cohort, bad cutoffs, a popularity of another catalogue and a metric that is not there', async () => {
    const empty = trainedCohort(data, heldOutOf([[], [], [], []], 6), { mask: 'seen' });
    await expect(evaluate(descending, empty, { mask: 'seen' })).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    for (const cutoffs of [[], [0], [5, 5], [1.5]]) {
      await expect(evaluate(descending, cohort, { mask: 'seen', cutoffs })).rejects.toMatchObject({
        code: 'EVALUATION_INVALID',
      });
    }
    const short = evaluate(descending, cohort, { mask: 'seen', itemPopularity: Uint32Array.of(1) });
    await expect(short).rejects.toMatchObject({ code: 'EVALUATION_INVALID' });
    const evaluation = await evaluate(descending, cohort, { mask: 'seen', cutoffs: [1], keepTop: 0 });
    expect(() => getMetric(evaluation, 'ndcg@20')).toThrow(/ndcg@20 was not computed/);
  });

  it('Gini is 0 when all are equal and near 1 when one takes all', () => {
    expect(giniCoefficient(Uint32Array.of(3, 3, 3))).toBe(0);
    expect(giniCoefficient(Uint32Array.of(0, 0, 0, 8))).toBe(0.75);
    expect(giniCoefficient(Uint32Array.of(0, 0))).toBe(0);
  });
});
