import { beforeAll, describe, expect, it } from 'vitest';
import { cclLoss, historyCclLoss, MASKED } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

describe('historyCclLoss', () => {
  it('is 1 - cos for a pair whose negatives are all beyond the margin', () => {
    const { loss, gradients } = historyCclLoss(tf, {
      users: tf.tensor2d([[2, 0]]),
      targets: tf.tensor2d([[0.6, 0.8]]),
      negatives: tf.tensor2d([[-1, 0.1]]),
      positiveWeights: Float32Array.of(1),
      shares: tf.tensor2d([[1]]),
      margin: 0.5,
      negativeWeight: 100,
    });
    expect(loss.dataSync()[0]).toBeCloseTo(0.4, 6);
    expectTensorClose(gradients.negatives, [[0, 0]], 1e-6);
  });
});

describe('cclLoss', () => {
  it('takes the mean over what the mask leaves, as if the rest had not been drawn', () => {
    const pairs = {
      users: tf.tensor2d(randomMatrix(3, 4, 'users')),
      items: tf.tensor2d(randomMatrix(3, 4, 'items')),
      margin: -0.5,
      negativeWeight: 2,
    };
    const rows = randomMatrix(3, 4, 'negatives');
    const mask = tf.tensor2d(new Array(3).fill([0, MASKED, 0]));
    const masked = cclLoss(tf, { ...pairs, negatives: tf.tensor2d(rows), mask });
    const drawn = cclLoss(tf, { ...pairs, negatives: tf.tensor2d([rows[0] as number[], rows[2] as number[]]) });
    expect(masked.loss.dataSync()[0]).toBeCloseTo(drawn.loss.dataSync()[0] as number, 5);
    expectTensorClose(masked.gradients.users, drawn.gradients.users.arraySync(), 1e-5);
    expectTensorClose(tf.slice(masked.gradients.negatives, [1, 0], [1, 4]), [[0, 0, 0, 0]], 1e-9);
  });
});
