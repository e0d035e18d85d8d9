import { beforeAll, describe, expect, it } from 'vitest';
import { bootstrapLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences } from './naive-losses.js';
import { type NaiveBootstrap, naiveBootstrap } from './naive-self-supervised.js';

beforeAll(startReferenceEngine);

function batchOf(size: number, dimensions: number): NaiveBootstrap {
  return {
    online: randomMatrix(size, dimensions, 'online'),
    predictor: randomMatrix(dimensions, dimensions, 'predictor'),
    targets: randomMatrix(size, dimensions, 'targets'),
  };
}

function inputsOf({ online, predictor, targets }: NaiveBootstrap) {
  return {
    online: tf.tensor2d(online as number[][]),
    predictor: tf.tensor2d(predictor as number[][]),
    targets: tf.tensor2d(targets as number[][]),
  };
}

describe('bootstrapLoss', () => {
  it.each([
    [1, 1],
    [1, 3],
    [13, 5],
    [31, 8],
  ])('equals the naive loss and its finite differences at batch %i, %i dimensions', (size, dimensions) => {
    const batch = batchOf(size, dimensions);
    const { loss, gradients } = bootstrapLoss(tf, inputsOf(batch));
    expect(loss.dataSync()[0]).toBeCloseTo(naiveBootstrap(batch), 4);
    for (const side of ['online', 'predictor'] as const) {
      const expected = differences(batch[side], (shifted) => naiveBootstrap({ ...batch, [side]: shifted }));
      expectClose(gradients[side], expected, 1e-3);
    }
  });

  it('is 0 for a prediction that points the right way, of any length, and 4 for the opposite', () => {
    const identity = [
      [1, 0],
      [0, 1],
    ];
    const of = (targets: number[][]) =>
      bootstrapLoss(tf, inputsOf({ online: [[3, 4]], predictor: identity, targets })).loss.dataSync()[0];
    expect(of([[0.6, 0.8]])).toBeCloseTo(0, 6);
    expect(of([[-6, -8]])).toBeCloseTo(4, 6);
  });

  it('descends, and keeps nothing but what it returns', () => {
    const batch = batchOf(17, 6);
    const before = tf.memory().numTensors;
    const losses = Array.from({ length: 20 }, () => {
      const { loss, gradients } = bootstrapLoss(tf, inputsOf(batch));
      const move = gradients.online.arraySync();
      batch.online = batch.online.map((row, r) => row.map((value, c) => value - (move[r]?.[c] as number)));
      return loss.dataSync()[0] as number;
    });
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
    expect(tf.memory().numTensors).toBe(before + 20 * (3 + 3)); // three inputs, three results a step
  });
});
