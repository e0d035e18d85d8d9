import { Random } from '@kindred/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HistorySoftmaxResult, historySoftmaxLoss } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { differences, type NaiveHistorySoftmax, naiveHistorySoftmax } from './naive-losses.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

/** Users, items, ragged weighted positives, and shared negatives that overlap them (they are not masked). */
function batchOf(userCount: number, itemCount: number, negativeCount: number, dimensions: number): NaiveHistorySoftmax {
  const random = new Random(3, 'positives');
  const negatives = [...random.sample(itemCount, negativeCount)];
  return {
    users: randomMatrix(userCount, dimensions, 'users'),
    items: randomMatrix(itemCount, dimensions, 'items'),
    positives: Array.from({ length: userCount }, () =>
      [...random.sample(itemCount, 1 + random.below(Math.min(4, itemCount)))].map(
        (item) => [item, 0.1 + random.next()] as const,
      ),
    ),
    negatives,
    offsets: negatives.map(() => Math.log(1 + random.below(500))),
    temperature: 0.15,
    negativeWeight: 1.25,
  };
}

const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.hypot(...row));

/** Calls the loss as the method does: the positives as weighted sums of unit vectors. */
function evaluate(batch: NaiveHistorySoftmax): HistorySoftmaxResult {
  const targets = batch.positives.map((row) => {
    const total = new Array<number>((batch.items[0] as number[]).length).fill(0);
    for (const [item, weight] of row) {
      unit(batch.items[item] as number[]).forEach((value, k) => {
        total[k] = (total[k] as number) + weight * value;
      });
    }
    return total;
  });
  return historySoftmaxLoss(tf, {
    users: tf.tensor2d(batch.users as number[][]),
    targets: tf.tensor2d(targets),
    negatives: tf.tensor2d(batch.negatives.map((item) => batch.items[item] as number[])),
    positiveWeights: Float32Array.from(batch.positives, (row) => row.reduce((sum, [, weight]) => sum + weight, 0)),
    offsets: Float32Array.from(batch.offsets),
    temperature: batch.temperature,
    negativeWeight: batch.negativeWeight,
  });
}

/** The gradient of every item from the two parts that the loss returns: through the targets, and as a negative. */
function itemGradient(batch: NaiveHistorySoftmax, result: HistorySoftmaxResult): number[][] {
  const targets = result.gradients.targets.arraySync();
  const negatives = result.gradients.negatives.arraySync();
  const gradient = batch.items.map((row) => row.map(() => 0));
  batch.positives.forEach((row, u) => {
    for (const [item, weight] of row) {
      const direction = unit(batch.items[item] as number[]);
      const pull = targets[u] as number[];
      const along = pull.reduce((sum, value, k) => sum + value * (direction[k] as number), 0);
      const length = Math.hypot(...(batch.items[item] as number[]));
      (gradient[item] as number[]).forEach((value, k, into) => {
        into[k] = value + (weight * ((pull[k] as number) - along * (direction[k] as number))) / length;
      });
    }
  });
  batch.negatives.forEach((item, j) => {
    (gradient[item] as number[]).forEach((value, k, into) => {
      into[k] = value + (negatives[j]?.[k] as number);
    });
  });
  return gradient;
}

describe('historySoftmaxLoss', () => {
  it.each([
    [1, 1, 1, 1],
    [1, 5, 3, 2],
    [13, 19, 7, 5],
    [7, 31, 31, 8],
  ])('equals the naive loss and its finite differences: %i users, %i items, %i negatives, %i dimensions', (...size) => {
    const batch = batchOf(...size);
    const result = evaluate(batch);
    expect(result.loss.dataSync()[0]).toBeCloseTo(naiveHistorySoftmax(batch), 4);
    const byUsers = differences(batch.users, (users) => naiveHistorySoftmax({ ...batch, users }));
    expectTensorClose(result.gradients.users, byUsers, 1e-3);
    const byItems = differences(batch.items, (items) => naiveHistorySoftmax({ ...batch, items }));
    expectTensorClose(tf.tensor2d(itemGradient(batch, result)), byItems, 1e-3);
  });

  it('does not depend on a constant added to all offsets, but for that constant in the loss', () => {
    const batch = batchOf(9, 12, 6, 4);
    const base = evaluate(batch);
    const shifted = evaluate({ ...batch, offsets: batch.offsets.map((offset) => offset + 3) });
    expectTensorClose(shifted.gradients.users, base.gradients.users.arraySync(), 1e-4);
    expect((shifted.loss.dataSync()[0] as number) - (base.loss.dataSync()[0] as number)).toBeCloseTo(3 * 1.25, 3);
  });

  it('stays exact at the lowest useful temperature, where the largest column is far below the row maximum', () => {
    const batch = { ...batchOf(5, 9, 6, 3), temperature: 0.03 };
    const result = evaluate(batch);
    const expected = naiveHistorySoftmax(batch);
    expect(Math.abs((result.loss.dataSync()[0] as number) - expected) / Math.abs(expected)).toBeLessThan(1e-4);
  });
});
