import { beforeAll, describe, expect, it } from 'vitest';
import { MASKED, queueContrastLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences } from './naive-losses.js';
import { type NaiveQueueContrast, naiveQueueContrast } from './naive-self-supervised.js';

beforeAll(startReferenceEngine);

/** A batch whose mask hides about a quarter of the queue. */
function batchOf(size: number, held: number, dimensions: number): NaiveQueueContrast {
  return {
    queries: randomMatrix(size, dimensions, 'queries'),
    keys: randomMatrix(size, dimensions, 'keys'),
    queue: randomMatrix(held, dimensions, 'queue'),
    masked: randomMatrix(size, held, 'mask').map((row) => row.map((value) => value > 0.7)),
    temperature: 0.2,
  };
}

function inputsOf(batch: NaiveQueueContrast) {
  return {
    queries: tf.tensor2d(batch.queries as number[][]),
    keys: tf.tensor2d(batch.keys as number[][]),
    queue: tf.tensor2d(batch.queue as number[][]),
    mask: tf.tensor2d(batch.masked.map((row) => row.map((hidden) => (hidden ? MASKED : 0)))),
    temperature: batch.temperature,
  };
}

describe('queueContrastLoss', () => {
  it.each([
    [1, 1, 1],
    [1, 7, 3],
    [13, 5, 4],
    [7, 31, 8],
  ])('equals the naive loss and its finite differences at batch %i, queue %i, %i dimensions', (size, held, width) => {
    const batch = batchOf(size, held, width);
    const { loss, gradients } = queueContrastLoss(tf, inputsOf(batch));
    expect(loss.dataSync()[0]).toBeCloseTo(naiveQueueContrast(batch), 4);
    const expected = differences(batch.queries, (queries) => naiveQueueContrast({ ...batch, queries }));
    expectClose(gradients.queries, expected, 1e-3);
  });

  it('is zero where the whole queue is of the own user', () => {
    const batch = { ...batchOf(3, 5, 4), masked: Array.from({ length: 3 }, () => new Array<boolean>(5).fill(true)) };
    const { loss, gradients } = queueContrastLoss(tf, inputsOf(batch));
    expect(loss.dataSync()[0]).toBeCloseTo(0, 6);
    expectClose(gradients.queries, new Array(3).fill([0, 0, 0, 0]), 1e-6);
  });

  it('descends, and keeps nothing but what it returns', () => {
    const batch = batchOf(17, 23, 6);
    const before = tf.memory().numTensors;
    const losses = Array.from({ length: 20 }, () => {
      const { loss, gradients } = queueContrastLoss(tf, inputsOf(batch));
      const move = gradients.queries.arraySync();
      batch.queries = batch.queries.map((row, r) => row.map((value, c) => value - 0.5 * (move[r]?.[c] as number)));
      return loss.dataSync()[0] as number;
    });
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
    expect(tf.memory().numTensors).toBe(before + 20 * (4 + 2)); // four inputs, two results a step
  });
});
