import { beforeAll, describe, expect, it } from 'vitest';
import { type InfoNceInputs, infoNceLoss, infoNceLossByAutodiff, MASKED } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { type NaiveInfoNce, naiveInfoNce } from './naive-losses.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

const temperature = 0.2;

/** A batch with every option used: correction, weights, and a mask that hides about a quarter of the negatives. */
function batchOf(size: number, dimensions: number): NaiveInfoNce {
  const draw = randomMatrix(size, size, 'mask');
  return {
    users: randomMatrix(size, dimensions, 'users'),
    items: randomMatrix(size, dimensions, 'items'),
    temperature,
    logQ: randomMatrix(1, size, 'logQ')[0] as number[],
    masked: draw.map((row, b) => row.map((value, j) => b !== j && value > 0.7)),
    weights: (randomMatrix(1, size, 'weights')[0] as number[]).map((value) => 0.2 + value * value),
  };
}

function tensorsOf(batch: NaiveInfoNce): InfoNceInputs {
  return {
    users: tf.tensor2d(batch.users as number[][]),
    items: tf.tensor2d(batch.items as number[][]),
    temperature: batch.temperature,
    logQ: batch.logQ && Float32Array.from(batch.logQ),
    mask: batch.masked && tf.tensor2d(batch.masked.map((row) => row.map((hidden) => (hidden ? MASKED : 0)))),
    weights: batch.weights && Float32Array.from(batch.weights),
  };
}

describe.each([
  ['hand-derived', infoNceLoss],
  ['autodiff', infoNceLossByAutodiff],
])('infoNceLoss, %s', (_, loss) => {
  it('works without correction, mask and weights', () => {
    const { users, items } = batchOf(7, 4);
    const result = loss(tf, tensorsOf({ users, items, temperature }));
    expect(result.loss.dataSync()[0]).toBeCloseTo(naiveInfoNce({ users, items, temperature }), 4);
  });

  it('is zero, with zero gradients, for a batch of one: there is nothing to tell apart', () => {
    const result = loss(tf, tensorsOf({ users: [[1, 2]], items: [[-1, 3]], temperature }));
    expect(result.loss.dataSync()[0]).toBeCloseTo(0, 6);
    expectTensorClose(result.gradients.users, [[0, 0]], 1e-6);
  });
});

describe('infoNceLoss', () => {
  it('stays finite for rows of zeros', () => {
    const result = infoNceLoss(
      tf,
      tensorsOf({
        users: [
          [0, 0],
          [1, 0],
        ],
        items: [
          [0, 0],
          [0, 1],
        ],
        temperature,
      }),
    );
    for (const tensor of [result.loss, result.gradients.users, result.gradients.items]) {
      expect([...tensor.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it('gives a masked column no gradient', () => {
    const batch = batchOf(5, 3);
    const masked = Array.from({ length: 5 }, (_, b) => Array.from({ length: 5 }, (_, j) => j === 2 && b !== 2));
    const result = infoNceLoss(tf, tensorsOf({ ...batch, masked }));
    const alone = infoNceLoss(tf, tensorsOf({ ...batch, masked, weights: [1, 1, 0, 1, 1] }));
    expectTensorClose(tf.slice(alone.gradients.items, [2, 0], [1, 3]), [[0, 0, 0]], 1e-6);
    expect(Math.abs(result.gradients.items.arraySync()[2]?.[0] as number)).toBeGreaterThan(1e-6);
  });
});
