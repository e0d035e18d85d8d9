import { beforeAll, describe, expect, it } from 'vitest';
import { bootstrapLoss } from '../src/index.js';
import { startReferenceEngine, tf } from './fixture.js';

beforeAll(startReferenceEngine);

describe('bootstrapLoss', () => {
  it('is 0 for a prediction that points the right way, of any length, and 4 for the opposite', () => {
    const of = (target: number[]) => {
      const inputs = { online: tf.tensor2d([[3, 4]]), predictor: tf.eye(2), targets: tf.tensor2d([target]) };
      return bootstrapLoss(tf, inputs).loss.dataSync()[0];
    };
    expect(of([0.6, 0.8])).toBeCloseTo(0, 6);
    expect(of([-6, -8])).toBeCloseTo(4, 6);
  });
});
