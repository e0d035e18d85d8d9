import { beforeAll, describe, expect, it } from 'vitest';
import { weightedBceLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences, type NaiveWeightedBce, naiveWeightedBce } from './naive-losses.js';

beforeAll(startReferenceEngine);

function batchOf(userCount: number, itemCount: number, dimensions: number): NaiveWeightedBce {
  const weights = (label: string) =>
    randomMatrix(userCount, itemCount, label).map((row) => row.map((value) => Math.max(0, value)));
  return {
    users: randomMatrix(userCount, dimensions, 'users'),
    items: randomMatrix(itemCount, dimensions, 'items'),
    attraction: weights('attraction'),
    repulsion: weights('repulsion'),
  };
}

function evaluate({ users, items, attraction, repulsion }: NaiveWeightedBce) {
  return weightedBceLoss(tf, {
    users: tf.tensor2d(users as number[][]),
    items: tf.tensor2d(items as number[][]),
    attraction: tf.tensor2d(attraction as number[][]),
    repulsion: tf.tensor2d(repulsion as number[][]),
  });
}

describe('weightedBceLoss', () => {
  it.each([
    [1, 1, 1],
    [1, 5, 2],
    [13, 7, 5],
    [7, 31, 8],
  ])('equals the naive loss and its finite differences: %i users, %i items, %i dimensions', (...size) => {
    const batch = batchOf(...size);
    const { loss, gradients } = evaluate(batch);
    expect(loss.dataSync()[0]).toBeCloseTo(naiveWeightedBce(batch), 3);
    for (const side of ['users', 'items'] as const) {
      expectClose(
        gradients[side],
        differences(batch[side], (rows) => naiveWeightedBce({ ...batch, [side]: rows })),
        1e-3,
      );
    }
  });

  it('stays finite where a score is far off', () => {
    const { loss, gradients } = evaluate({ users: [[50]], items: [[-4]], attraction: [[2]], repulsion: [[0]] });
    expect(loss.dataSync()[0]).toBeCloseTo(400, 2);
    expectClose(gradients.users, [[8]], 1e-5);
  });

  it('descends in 20 steps of plain gradient descent', () => {
    const batch = batchOf(11, 13, 4);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { loss, gradients } = evaluate(batch);
      losses.push(loss.dataSync()[0] as number);
      const users = gradients.users.arraySync();
      batch.users = batch.users.map((row, r) => row.map((value, c) => value - 0.05 * (users[r]?.[c] as number)));
    }
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number));
  });

  it('keeps nothing but what it returns', () => {
    const inputs = {
      users: tf.ones([2, 3]),
      items: tf.ones([4, 3]),
      attraction: tf.ones([2, 4]),
      repulsion: tf.ones([2, 4]),
    };
    const before = tf.memory().numTensors;
    const { loss, gradients } = weightedBceLoss(tf, inputs as never);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([loss, gradients] as never);
    expect(tf.memory().numTensors).toBe(before);
  });
});
