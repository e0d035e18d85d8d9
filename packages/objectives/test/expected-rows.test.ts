import { beforeAll, describe, expect, it } from 'vitest';
import { expectedRows, type Scalar, type Tensor2D } from '../src/index.js';
import { expectClose } from './expect-close.js';
import { startReferenceEngine, tf } from './fixture.js';
import type { Matrix } from './naive-losses.js';
import { randomMatrix } from './random-matrix.js';

const [USERS, ITEMS, HIDDEN, WIDTH] = [5, 7, 3, 4];

beforeAll(startReferenceEngine);

describe('expectedRows', () => {
  it.each([false, true])('is what TensorFlow.js differentiates to, masked: %s', (isMasked) => {
    const offsets = Float32Array.from({ length: ITEMS }, (_, k) => Math.sin(k));
    const [hidden, items] = [matrix(USERS, HIDDEN, 'hidden'), matrix(ITEMS, HIDDEN, 'items')];
    const [seen, byRows] = [matrix(ITEMS, WIDTH, 'seen'), matrix(USERS, WIDTH, 'slopes by rows')];
    const byLogs = matrix(USERS, 1, 'slopes by logarithms');
    const mask = isMasked ? (tf.cast(tf.greater(matrix(USERS, ITEMS, 'mask'), 0), 'float32') as Tensor2D) : undefined;
    const weighed = ({ rows, logSums }: { rows: Tensor2D; logSums: Tensor2D }) =>
      tf.add(tf.sum(tf.mul(rows, byRows)), tf.sum(tf.mul(logSums, byLogs))) as Scalar;

    // Constants made within, as a training step makes them: they are gone after the forward pass.
    const byHand = tf.valueAndGrads((h, w) =>
      weighed(
        expectedRows(tf, {
          hidden: h as Tensor2D,
          items: w as Tensor2D,
          offsets,
          seen: tf.clone(seen),
          mask: mask && tf.clone(mask),
        }),
      ),
    )([hidden, items]);
    const byTape = tf.valueAndGrads((h, w) => {
      const logits = tf.add(tf.matMul(h as Tensor2D, w as Tensor2D, false, true), tf.tensor1d(offsets));
      const shares = tf.softmax(logits);
      const rows = tf.matMul(mask === undefined ? shares : tf.mul(shares, mask), seen) as Tensor2D;
      return weighed({ rows, logSums: tf.logSumExp(logits, 1, true) as Tensor2D });
    })([hidden, items]);

    expect(byHand.value.dataSync()[0]).toBeCloseTo(byTape.value.dataSync()[0] as number, 5);
    for (const [k, name] of ['hidden', 'items'].entries()) {
      const [own, other] = [byHand.grads[k], byTape.grads[k]] as [Tensor2D, Tensor2D];
      expectClose(name, own.arraySync() as Matrix, other.arraySync() as Matrix, 1e-5);
    }
  });
});

function matrix(rows: number, columns: number, label: string): Tensor2D {
  return tf.tensor2d(randomMatrix(rows, columns, label) as number[][]);
}
