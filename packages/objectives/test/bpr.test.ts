import { beforeAll, describe, expect, it } from 'vitest';
import { bprLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences, type NaiveBpr, naiveBpr } from './naive-losses.js';

beforeAll(startReferenceEngine);

function batchOf(size: number, count: number, dimensions: number): NaiveBpr {
  return {
    users: randomMatrix(size, dimensions, 'users'),
    positives: randomMatrix(size, dimensions, 'positives'),
    negatives: randomMatrix(size * count, dimensions, 'negatives'),
    weights: (randomMatrix(1, size, 'weights')[0] as number[]).map((value) => 0.2 + value * value),
  };
}

function evaluate({ users, positives, negatives, weights }: NaiveBpr) {
  return bprLoss(tf, {
    users: tf.tensor2d(users as number[][]),
    positives: tf.tensor2d(positives as number[][]),
    negatives: tf.tensor2d(negatives as number[][]),
    weights: weights && Float32Array.from(weights),
  });
}

describe('bprLoss', () => {
  it.each([
    [1, 1, 1],
    [1, 3, 2],
    [13, 1, 5],
    [7, 4, 8],
  ])('equals the naive loss and its finite differences: %i rows, %i negatives each, %i dimensions', (...size) => {
    const batch = batchOf(...size);
    const { loss, gradients } = evaluate(batch);
    expect(loss.dataSync()[0]).toBeCloseTo(naiveBpr(batch), 4);
    for (const side of ['users', 'positives', 'negatives'] as const) {
      expectClose(
        gradients[side],
        differences(batch[side], (rows) => naiveBpr({ ...batch, [side]: rows })),
        1e-3,
      );
    }
  });

  it('is ln 2 where both items score alike, and works without weights', () => {
    const same = { users: [[1, 2]], positives: [[3, 1]], negatives: [[3, 1]] };
    expect(evaluate(same).loss.dataSync()[0]).toBeCloseTo(Math.LN2, 6);
  });

  it('stays finite where a score is far off', () => {
    const { loss, gradients } = evaluate({ users: [[100]], positives: [[-10]], negatives: [[10]] });
    expect(loss.dataSync()[0]).toBeCloseTo(2000, 1);
    expectClose(gradients.users, [[20]], 1e-5);
  });

  it('descends in 20 steps of plain gradient descent', () => {
    const batch = batchOf(11, 3, 6);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { loss, gradients } = evaluate(batch);
      losses.push(loss.dataSync()[0] as number);
      const users = gradients.users.arraySync();
      batch.users = batch.users.map((row, r) => row.map((value, c) => value - 0.5 * (users[r]?.[c] as number)));
    }
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) - 0.1);
  });

  it('keeps nothing but what it returns', () => {
    const inputs = { users: tf.ones([2, 3]), positives: tf.ones([2, 3]), negatives: tf.ones([4, 3]) };
    const before = tf.memory().numTensors;
    const { loss, gradients } = bprLoss(tf, inputs as never);
    expect(tf.memory().numTensors).toBe(before + 4);
    tf.dispose([loss, gradients] as never);
    expect(tf.memory().numTensors).toBe(before);
  });
});
