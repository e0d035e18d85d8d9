import { beforeAll, describe, expect, it } from 'vitest';
import { weightedBceLoss } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';

beforeAll(startReferenceEngine);

describe('weightedBceLoss', () => {
  it('stays finite where a score is far off', () => {
    const { loss, gradients } = weightedBceLoss(tf, {
      users: tf.tensor2d([[50]]),
      items: tf.tensor2d([[-4]]),
      attraction: tf.tensor2d([[2]]),
      repulsion: tf.tensor2d([[0]]),
    });
    expect(loss.dataSync()[0]).toBeCloseTo(400, 2);
    expectTensorClose(gradients.users, [[8]], 1e-5);
  });
});
