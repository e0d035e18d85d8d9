import { beforeAll, describe, expect, it } from 'vitest';
import { infoNceLoss, type SymmetricInfoNceInputs, symmetricInfoNceLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences, type Matrix, type NaiveSymmetric, naiveSymmetricInfoNce } from './naive-losses.js';

beforeAll(startReferenceEngine);

function batchOf(size: number, dimensions: number): NaiveSymmetric {
  return {
    left: randomMatrix(size, dimensions, 'left'),
    right: randomMatrix(size, dimensions, 'right'),
    temperature: 0.2,
    weights: (randomMatrix(1, size, 'weights')[0] as number[]).map((value) => 0.2 + value * value),
  };
}

function tensorsOf({ left, right, temperature, weights }: NaiveSymmetric): SymmetricInfoNceInputs {
  const tensor = (matrix: Matrix) => tf.tensor2d(matrix as number[][]);
  return { left: tensor(left), right: tensor(right), temperature, weights: weights && Float32Array.from(weights) };
}

describe('symmetricInfoNceLoss', () => {
  it.each([
    [1, 3],
    [2, 1],
    [13, 5],
    [31, 8],
  ])('equals the naive loss and its finite differences at batch %i, %i dimensions', (size, dimensions) => {
    const batch = batchOf(size, dimensions);
    const { loss, gradients } = symmetricInfoNceLoss(tf, tensorsOf(batch));
    expect(loss.dataSync()[0]).toBeCloseTo(naiveSymmetricInfoNce(batch), 4);
    const left = differences(batch.left, (moved) => naiveSymmetricInfoNce({ ...batch, left: moved }));
    const right = differences(batch.right, (moved) => naiveSymmetricInfoNce({ ...batch, right: moved }));
    expectClose(gradients.left, left, 1e-3);
    expectClose(gradients.right, right, 1e-3);
  });

  it('does not care which side is which, unlike the one-sided loss', () => {
    const batch = batchOf(7, 4);
    const swapped = { ...batch, left: batch.right, right: batch.left };
    const forth = symmetricInfoNceLoss(tf, tensorsOf(batch)).loss.dataSync()[0] as number;
    expect(symmetricInfoNceLoss(tf, tensorsOf(swapped)).loss.dataSync()[0]).toBeCloseTo(forth, 5);
    const { left, right, temperature, weights } = tensorsOf(batch);
    const oneSided = infoNceLoss(tf, { users: left, items: right, temperature, weights }).loss.dataSync()[0] as number;
    expect(Math.abs(oneSided - forth)).toBeGreaterThan(1e-3);
  });

  it('descends in 20 steps of plain gradient descent', () => {
    const batch = batchOf(17, 6);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { loss, gradients } = symmetricInfoNceLoss(tf, tensorsOf(batch));
      losses.push(loss.dataSync()[0] as number);
      const moves = gradients.left.arraySync();
      batch.left = batch.left.map((row, r) => row.map((value, c) => value - 0.5 * (moves[r]?.[c] as number)));
    }
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number));
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
  });

  it('keeps nothing but what it returns', () => {
    const inputs = tensorsOf(batchOf(11, 4));
    const before = tf.memory().numTensors;
    const { loss, gradients } = symmetricInfoNceLoss(tf, inputs);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([loss, gradients.left, gradients.right]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
