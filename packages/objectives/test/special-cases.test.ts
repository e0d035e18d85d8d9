import { beforeAll, describe, expect, it } from 'vitest';
import {
  barlowTwinsLoss,
  bslLoss,
  compositePriorLoss,
  directAuLoss,
  gaussianKlLoss,
  infoNceLoss,
  MASKED,
  marginContrastiveLoss,
  sampledSoftmaxLoss,
  tripletLoss,
} from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

const lossOf = (result: { loss: { dataSync(): ArrayLike<number> } }) => result.loss.dataSync()[0] as number;
const unit = (row: readonly number[]) => row.map((value) => value / Math.hypot(...row));

function batchOf(batch: number, width: number, negatives: number) {
  return {
    users: tf.tensor2d(randomMatrix(batch, width, 'users')),
    items: tf.tensor2d(randomMatrix(batch, width, 'items')),
    negatives: tf.tensor2d(randomMatrix(negatives, width, 'negatives')),
  };
}

describe('tripletLoss', () => {
  it('is half of FaceNet’s loss in squared distances of unit vectors, at half its margin', () => {
    const rows = { users: randomMatrix(7, 3, 'u'), items: randomMatrix(7, 3, 'i'), negatives: randomMatrix(7, 3, 'n') };
    const distance = (a: readonly number[], b: readonly number[]) =>
      unit(a).reduce((sum, value, k) => sum + (value - (unit(b)[k] as number)) ** 2, 0);
    const faceNet = rows.users.map((user, b) =>
      Math.max(0, 0.4 + distance(user, rows.items[b] as number[]) - distance(user, rows.negatives[b] as number[])),
    );
    const mean = faceNet.reduce((a, b) => a + b) / faceNet.length;
    const tensors = {
      users: tf.tensor2d(rows.users),
      items: tf.tensor2d(rows.items),
      negatives: tf.tensor2d(rows.negatives),
    };
    expect(lossOf(tripletLoss(tf, { ...tensors, margin: 0.2 }))).toBeCloseTo(mean / 2, 5);
  });

  it('leaves triplets alone that keep the margin', () => {
    const users = tf.tensor2d([[1, 0]]);
    const result = tripletLoss(tf, { users, items: users, negatives: tf.tensor2d([[0, 1]]), margin: 0.9 });
    expect(lossOf(result)).toBe(0);
    expectTensorClose(result.gradients.negatives, [[0, 0]], 1e-9);
  });
});

describe('marginContrastiveLoss', () => {
  it('leaves negatives beyond the margin alone, and stays finite on a negative that is the user', () => {
    const users = tf.tensor2d([[1, 0]]);
    const far = marginContrastiveLoss(tf, { users, items: users, negatives: tf.tensor2d([[-1, 0]]), margin: 1.5 });
    expect(lossOf(far)).toBeCloseTo(0, 6);
    const on = marginContrastiveLoss(tf, { users, items: users, negatives: tf.tensor2d([[2, 0]]), margin: 1.5 });
    expect(lossOf(on)).toBeCloseTo((1.5 - 0.01) ** 2 / 2, 5);
    for (const gradient of Object.values(on.gradients))
      expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('sampledSoftmaxLoss', () => {
  it('over the other items of the batch is in-batch InfoNCE', () => {
    const { users, items } = batchOf(5, 3, 1);
    const logQ = Float32Array.from([0.1, -0.3, 0.7, 0, 0.2]);
    const diagonal = tf.mul(tf.eye(5), MASKED) as never;
    const shared = { users, items, temperature: 0.2, logQ };
    const sampled = sampledSoftmaxLoss(tf, { ...shared, negatives: items, positiveLogQ: logQ, mask: diagonal });
    const inBatch = infoNceLoss(tf, shared);
    expect(lossOf(sampled)).toBeCloseTo(lossOf(inBatch), 5);
    expectTensorClose(sampled.gradients.users, inBatch.gradients.users.arraySync(), 1e-4);
    const itemGradient = tf.add(sampled.gradients.items, sampled.gradients.negatives);
    expectTensorClose(itemGradient, inBatch.gradients.items.arraySync(), 1e-4);
  });

  it('with the correction has the gradient of the whole catalogue’s softmax in the mean of many draws', () => {
    const catalogue = randomMatrix(6, 3, 'catalogue');
    const q = [0.4, 0.3, 0.1, 0.1, 0.05, 0.05];
    const users = tf.tensor2d(randomMatrix(1, 3, 'one user'));
    // Draws in their exact proportions stand for a long run: 20 K negatives, each item q_j of them.
    const drawn = q.flatMap((share, item) => new Array<number>(Math.round(share * 400)).fill(item));
    const rowsOf = (items: readonly number[]) => tf.tensor2d(items.map((item) => catalogue[item] as number[]));
    const inputs = { users, items: rowsOf([2]), temperature: 0.5 };
    const full = sampledSoftmaxLoss(tf, { ...inputs, negatives: rowsOf([0, 1, 3, 4, 5]) });
    const log = (items: readonly number[], count: number) =>
      Float32Array.from(items, (item) => Math.log((q[item] as number) * count));
    const others = drawn.filter((item) => item !== 2);
    const sampled = sampledSoftmaxLoss(tf, { ...inputs, negatives: rowsOf(others), logQ: log(others, 400) });
    expectTensorClose(sampled.gradients.users, full.gradients.users.arraySync(), 1e-4);
    const plain = sampledSoftmaxLoss(tf, { ...inputs, negatives: rowsOf(others) });
    expect(() => expectTensorClose(plain.gradients.users, full.gradients.users.arraySync(), 0.05)).toThrow();
  });

  it('gives a negative that all users mask no gradient', () => {
    const batch = batchOf(3, 4, 2);
    const mask = tf.tensor2d(new Array(3).fill([0, MASKED]));
    const { gradients } = sampledSoftmaxLoss(tf, { ...batch, temperature: 0.2, mask });
    expectTensorClose(tf.slice(gradients.negatives, [1, 0], [1, 4]), [[0, 0, 0, 0]], 1e-9);
  });
});

describe('bslLoss', () => {
  it('does not depend on the temperature of the positives where every user stands once', () => {
    const inputs = { ...batchOf(4, 3, 5), temperature: 0.2, negativePower: 1.1 };
    const userOfRow = Uint32Array.of(3, 1, 2, 0);
    const alone = bslLoss(tf, inputs);
    const pooled = bslLoss(tf, { ...inputs, positives: { temperature: 0.7, userOfRow } });
    expect(lossOf(pooled)).toBeCloseTo(lossOf(alone), 5);
    expectTensorClose(pooled.gradients.users, alone.gradients.users.arraySync(), 1e-4);
  });

  it('pulls the better-fitting of a user’s positives harder', () => {
    const users = tf.tensor2d(new Array(2).fill([1, 0]));
    const items = tf.tensor2d([unit([1, 1]), unit([-1, 1])]);
    const negatives = tf.tensor2d([[0, -1]]);
    const positives = { temperature: 0.2, userOfRow: Uint32Array.of(5, 5) };
    const { gradients } = bslLoss(tf, { users, items, negatives, temperature: 0.2, negativePower: 1, positives });
    const [near, far] = gradients.items.arraySync().map((row) => Math.hypot(...row)) as [number, number];
    expect(near).toBeGreaterThan(100 * far);
  });
});

describe('directAuLoss', () => {
  it('takes a row named twice once', () => {
    const rows = randomMatrix(4, 3, 'distinct');
    const of = (order: readonly number[]) => ({
      users: tf.tensor2d(order.map((k) => rows[k] as number[])),
      items: tf.tensor2d(order.map((k) => rows[k] as number[])),
      userOfRow: Uint32Array.from(order),
      itemOfRow: Uint32Array.from(order),
      uniformity: 1,
    });
    const once = lossOf(directAuLoss(tf, of([0, 1, 2, 3])));
    expect(lossOf(directAuLoss(tf, of([2, 0, 1, 1, 3, 2, 1])))).toBeCloseTo(once, 5);
    const { userOfRow, itemOfRow, ...blind } = of([2, 0, 1, 1, 3, 2, 1]);
    expect(Math.abs(lossOf(directAuLoss(tf, blind)) - once)).toBeGreaterThan(0.05);
  });
});

describe('barlowTwinsLoss', () => {
  it('is zero for equal views of uncorrelated columns, whatever their scale', () => {
    const corners = [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ];
    const users = tf.tensor2d(corners);
    const items = tf.tensor2d(corners.map(([x = 0, y = 0]) => [5 + 3 * x, 40 * y]));
    expect(lossOf(barlowTwinsLoss(tf, { users, items, redundancy: 1 }))).toBeCloseTo(0, 6);
  });
});

describe('gaussianKlLoss', () => {
  it('is zero with no slope at the prior, and above zero anywhere else', () => {
    const at = (mean: number, logVariance: number) =>
      gaussianKlLoss(tf, {
        means: tf.fill([2, 3], mean),
        logVariances: tf.fill([2, 3], logVariance),
        weights: Float32Array.of(1, 3),
      });
    expect(lossOf(at(0, 0))).toBe(0);
    expectTensorClose(at(0, 0).gradients.means, [[0, 0, 0], [0, 0, 0]], 1e-9); // biome-ignore format: a matrix
    expectTensorClose(at(0, 0).gradients.logVariances, [[0, 0, 0], [0, 0, 0]], 1e-9); // biome-ignore format: a matrix
    for (const [mean, logVariance] of [
      [0.1, 0],
      [0, 0.1],
      [0, -0.1],
      [-1, 2],
    ] as const) {
      // biome-ignore format: pairs
      expect(lossOf(at(mean, logVariance))).toBeGreaterThan(0);
    }
  });
});

describe('compositePriorLoss', () => {
  it('asks little of a posterior that is the old one, much of one that left it', () => {
    const at = (moved: number) => {
      const means = tf.tensor2d([[2, -2]]);
      const logVariances = tf.tensor2d([[-2, -2]]);
      const latents = tf.add(means, moved) as typeof means;
      const old = { oldMeans: means, oldLogVariances: logVariances };
      const now = { latents, means: latents, logVariances };
      return lossOf(compositePriorLoss(tf, { ...now, ...old, weights: Float32Array.of(1) }));
    };
    expect(at(0)).toBeCloseTo(-Math.log(0.75), 2);
    expect(at(2)).toBeGreaterThan(at(1));
    expect(at(1)).toBeGreaterThan(2);
  });
});
