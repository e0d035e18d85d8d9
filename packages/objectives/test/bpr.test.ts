import { beforeAll, describe, expect, it } from 'vitest';
import { bprLoss, cosineBprLoss, sampledSoftmaxLoss } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

function tensorsOf(users: number[][], items: number[][], negatives: number[][]) {
  return { users: tf.tensor2d(users), items: tf.tensor2d(items), negatives: tf.tensor2d(negatives) };
}

describe('bprLoss', () => {
  it('is ln 2 where both items score alike, and works without weights', () => {
    const { loss } = bprLoss(tf, tensorsOf([[1, 2]], [[3, 1]], [[3, 1]]));
    expect(loss.dataSync()[0]).toBeCloseTo(Math.LN2, 6);
  });

  it('stays finite where a score is far off', () => {
    const { loss, gradients } = bprLoss(tf, tensorsOf([[100]], [[-10]], [[10]]));
    expect(loss.dataSync()[0]).toBeCloseTo(2000, 1);
    expectTensorClose(gradients.users, [[20]], 1e-5);
  });
});

describe('cosineBprLoss', () => {
  it('with one negative a pair is sampled softmax over it', () => {
    const rows = tensorsOf(randomMatrix(1, 4, 'u'), randomMatrix(1, 4, 'i'), randomMatrix(1, 4, 'n'));
    const bpr = cosineBprLoss(tf, { ...rows, temperature: 0.3 });
    const softmax = sampledSoftmaxLoss(tf, { ...rows, temperature: 0.3 });
    expect(bpr.loss.dataSync()[0]).toBeCloseTo(softmax.loss.dataSync()[0] as number, 5);
    expectTensorClose(bpr.gradients.users, softmax.gradients.users.arraySync(), 1e-4);
    expectTensorClose(bpr.gradients.negatives, softmax.gradients.negatives.arraySync(), 1e-4);
  });
});
