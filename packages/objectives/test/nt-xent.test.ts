import { beforeAll, describe, expect, it } from 'vitest';
import { ntXentLoss } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

const evaluate = (first: number[][], second: number[][]) =>
  ntXentLoss(tf, { first: tf.tensor2d(first), second: tf.tensor2d(second), temperature: 0.2 });

describe('ntXentLoss', () => {
  it('never compares a view with itself: one thing alone has nothing to be told apart from', () => {
    const { loss, gradients } = evaluate(randomMatrix(1, 4, 'first'), randomMatrix(1, 4, 'second'));
    expect(loss.dataSync()[0]).toBeCloseTo(0, 6);
    expectTensorClose(gradients.first, [[0, 0, 0, 0]], 1e-6);
  });

  it('does not care which view is the first, nor in which order the things come', () => {
    const first = randomMatrix(7, 4, 'first');
    const second = randomMatrix(7, 4, 'second');
    const value = evaluate(first, second).loss.dataSync()[0] as number;
    const turned = (rows: number[][]) => [...rows].reverse();
    expect(evaluate(turned(second), turned(first)).loss.dataSync()[0]).toBeCloseTo(value, 5);
  });

  it('stays finite for rows of zeros', () => {
    const zeros = [
      [0, 0],
      [1, 0],
    ];
    const { loss, gradients } = evaluate(zeros, zeros);
    for (const tensor of [loss, gradients.first, gradients.second]) {
      expect([...tensor.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });
});
