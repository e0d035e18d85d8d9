import { Random } from '@kindred/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { cclLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences, type NaiveCcl, naiveCcl } from './naive-losses.js';

beforeAll(startReferenceEngine);

/** Shares as the method makes them: equal over what the user doesn't have; the last user has everything. */
function batchOf(userCount: number, negativeCount: number, dimensions: number, margin = 0.1): NaiveCcl {
  const random = new Random(3, 'shares');
  return {
    users: randomMatrix(userCount, dimensions, 'users'),
    targets: randomMatrix(userCount, dimensions, 'targets'),
    negatives: randomMatrix(negativeCount, dimensions, 'negatives'),
    positiveWeights: Array.from({ length: userCount }, () => 0.5 + random.next()),
    shares: Array.from({ length: userCount }, (_, u) => {
      const allowed = Array.from({ length: negativeCount }, () => (u > 0 && u === userCount - 1 ? 0 : 1));
      if (negativeCount > 2) allowed[u % negativeCount] = 0;
      const total = allowed.reduce((sum, value) => sum + value, 0);
      return allowed.map((value) => (total > 0 ? value / total : 0));
    }),
    margin,
    negativeWeight: 7,
  };
}

function evaluate(batch: NaiveCcl) {
  return cclLoss(tf, {
    users: tf.tensor2d(batch.users as number[][]),
    targets: tf.tensor2d(batch.targets as number[][]),
    negatives: tf.tensor2d(batch.negatives as number[][]),
    positiveWeights: Float32Array.from(batch.positiveWeights),
    shares: tf.tensor2d(batch.shares as number[][]),
    margin: batch.margin,
    negativeWeight: batch.negativeWeight,
  });
}

describe('cclLoss', () => {
  it.each([
    [1, 1, 2],
    [1, 5, 3],
    [13, 7, 5],
    [7, 31, 8],
  ])('equals the naive loss and its finite differences: %i users, %i negatives, %i dimensions', (...size) => {
    const batch = batchOf(...size);
    const { loss, gradients } = evaluate(batch);
    expect(loss.dataSync()[0]).toBeCloseTo(naiveCcl(batch), 4);
    for (const side of ['users', 'targets', 'negatives'] as const) {
      expectClose(
        gradients[side],
        differences(batch[side], (rows) => naiveCcl({ ...batch, [side]: rows })),
        1e-3,
      );
    }
  });

  it('is 1 - cos for a pair whose negatives are all beyond the margin', () => {
    const { loss, gradients } = evaluate({
      users: [[2, 0]],
      targets: [[0.6, 0.8]],
      negatives: [[-1, 0.1]],
      positiveWeights: [1],
      shares: [[1]],
      margin: 0.5,
      negativeWeight: 100,
    });
    expect(loss.dataSync()[0]).toBeCloseTo(0.4, 6);
    expectClose(gradients.negatives, [[0, 0]], 1e-6);
  });

  it('descends in 20 steps of plain gradient descent', () => {
    const batch = batchOf(11, 23, 6);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { loss, gradients } = evaluate(batch);
      losses.push(loss.dataSync()[0] as number);
      const users = gradients.users.arraySync();
      batch.users = batch.users.map((row, r) => row.map((value, c) => value - 0.5 * (users[r]?.[c] as number)));
    }
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number));
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
  });

  it('keeps nothing but what it returns', () => {
    const inputs = {
      users: tf.ones([2, 3]),
      targets: tf.ones([2, 3]),
      negatives: tf.ones([4, 3]),
      shares: tf.fill([2, 4], 0.25),
    };
    const before = tf.memory().numTensors;
    const options = { positiveWeights: Float32Array.of(1, 2), margin: 0.2, negativeWeight: 3 };
    const { loss, gradients } = cclLoss(tf, { ...(inputs as never as Parameters<typeof cclLoss>[1]), ...options });
    expect(tf.memory().numTensors).toBe(before + 4);
    tf.dispose([loss, gradients] as never);
    expect(tf.memory().numTensors).toBe(before);
  });
});
