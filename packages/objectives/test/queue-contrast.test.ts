import { beforeAll, describe, expect, it } from 'vitest';
import { MASKED, queueContrastLoss } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

describe('queueContrastLoss', () => {
  it('is zero where the whole queue is of the own user', () => {
    const { loss, gradients } = queueContrastLoss(tf, {
      queries: tf.tensor2d(randomMatrix(3, 4, 'queries')),
      keys: tf.tensor2d(randomMatrix(3, 4, 'keys')),
      queue: tf.tensor2d(randomMatrix(5, 4, 'queue')),
      mask: tf.fill([3, 5], MASKED),
      temperature: 0.2,
    });
    expect(loss.dataSync()[0]).toBeCloseTo(0, 6);
    expectTensorClose(gradients.queries, new Array(3).fill([0, 0, 0, 0]), 1e-6);
  });
});
