import { beforeAll, describe, expect, it } from 'vitest';
import { ntXentLoss } from '../src/index.js';
import { expectClose, randomMatrix, startReferenceEngine, tf } from './fixture.js';
import { differences, type Matrix } from './naive-losses.js';
import { type NaiveNtXent, naiveNtXent } from './naive-self-supervised.js';

beforeAll(startReferenceEngine);

function batchOf(size: number, dimensions: number): NaiveNtXent {
  return {
    first: randomMatrix(size, dimensions, 'first'),
    second: randomMatrix(size, dimensions, 'second'),
    temperature: 0.2,
  };
}

function evaluate({ first, second, temperature }: NaiveNtXent) {
  return ntXentLoss(tf, {
    first: tf.tensor2d(first as number[][]),
    second: tf.tensor2d(second as number[][]),
    temperature,
  });
}

describe('ntXentLoss', () => {
  it.each([
    [1, 3],
    [2, 2],
    [13, 5],
    [31, 8],
  ])('equals the naive loss and its finite differences at batch %i, %i dimensions', (size, dimensions) => {
    const batch = batchOf(size, dimensions);
    const { loss, gradients } = evaluate(batch);
    expect(loss.dataSync()[0]).toBeCloseTo(naiveNtXent(batch), 4);
    for (const side of ['first', 'second'] as const) {
      const expected = differences(batch[side], (shifted) => naiveNtXent({ ...batch, [side]: shifted }));
      expectClose(gradients[side], expected, 1e-3);
    }
  });

  it('never compares a view with itself: one thing alone has nothing to be told apart from', () => {
    const { loss, gradients } = evaluate(batchOf(1, 4));
    expect(loss.dataSync()[0]).toBeCloseTo(0, 6);
    expectClose(gradients.first, [[0, 0, 0, 0]], 1e-6);
  });

  it('does not care which view is the first, nor in which order the things come', () => {
    const batch = batchOf(7, 4);
    const value = evaluate(batch).loss.dataSync()[0] as number;
    const turned = (rows: Matrix) => [...rows].reverse();
    const other = { ...batch, first: turned(batch.second), second: turned(batch.first) };
    expect(evaluate(other).loss.dataSync()[0]).toBeCloseTo(value, 5);
  });

  it('stays finite for rows of zeros', () => {
    const zeros = [
      [0, 0],
      [1, 0],
    ];
    const { loss, gradients } = evaluate({ first: zeros, second: zeros, temperature: 0.2 });
    for (const tensor of [loss, gradients.first, gradients.second]) {
      expect([...tensor.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it('descends in 20 steps of plain gradient descent', () => {
    const batch = batchOf(17, 6);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const { loss, gradients } = evaluate(batch);
      losses.push(loss.dataSync()[0] as number);
      const move = gradients.first.arraySync();
      batch.first = batch.first.map((row, r) => row.map((value, c) => value - (move[r]?.[c] as number)));
    }
    expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] as number));
    for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
  });

  it('keeps nothing but what it returns', () => {
    const { first, second, temperature } = batchOf(11, 4);
    const inputs = { first: tf.tensor2d(first as number[][]), second: tf.tensor2d(second as number[][]), temperature };
    const before = tf.memory().numTensors;
    const { loss, gradients } = ntXentLoss(tf, inputs);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([loss, gradients.first, gradients.second]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
