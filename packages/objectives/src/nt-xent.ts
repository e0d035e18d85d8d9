import { MASKED } from './logits.js';
import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, unitRows } from './unit-rows.js';

/** Two views of each of B things: row b of `first` and row b of `second` are of the same. */
export interface NtXentInputs {
  /** [B, d], of any length: the loss takes cosines. */
  readonly first: Tensor2D;
  /** [B, d] */
  readonly second: Tensor2D;
  /** > 0; below about .03 single precision no longer holds the smallest probabilities. */
  readonly temperature: number;
}

/**
 * NT-Xent, the normalised temperature-scaled cross entropy (Chen et al., SimCLR, ICML 2020): each of the 2B views has
 * to find the other view of the same thing among the 2B - 1 views that are not itself.
 *   z_kl = cos(x_k, x_l) / T for k != l,   k' the other view of what k shows
 *   L    = 1 / 2B sum_k (log sum_{l != k} exp z_kl - z_kk')
 * The gradient is derived by hand: with S = softmax(z), dX = (S X + S^T X - 2 X') / (2B T), X' the rows swapped,
 * then through the norms.
 */
export function ntXentLoss(tf: TensorFlow, inputs: NtXentInputs): LossResult<'first' | 'second'> {
  const [loss, first, second] = tf.tidy(() => {
    const [batch, width] = inputs.first.shape;
    const half = (of: Tensor2D, start: number) => tf.slice2d(of, [start, 0], [batch, width]);
    const views = unitRows(tf, tf.concat2d([inputs.first, inputs.second], 0)); // [2B, d]
    const swapped = tf.concat2d([half(views.unit, batch), half(views.unit, 0)], 0);
    const similarity = tf.matMul(tf.div(views.unit, inputs.temperature), tf.transpose(views.unit)); // [2B, 2B]
    const chance = tf.softmax(tf.add(similarity, tf.mul(tf.eye(2 * batch), MASKED))) as Tensor2D;

    const partner = tf.tensor2d(partners(batch), [2 * batch, 2], 'int32');
    const value = tf.neg(tf.mean(tf.log(tf.gatherND(chance, partner)))) as Scalar;

    const pulled = tf.transpose(tf.matMul(tf.transpose(views.unit), chance)); // S^T X, [2B, d]
    const pushed = tf.add(tf.matMul(chance, views.unit), pulled);
    const scale = 1 / (2 * batch * inputs.temperature);
    const gradient = throughNorm(tf, tf.mul(tf.sub(pushed, tf.mul(swapped, 2)), scale) as Tensor2D, views);
    return [value, half(gradient, 0), half(gradient, batch)];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { first, second } };
}

/** Where each view's partner stands: (0, B), (1, B + 1), …, (B, 0), …. [2B, 2] */
function partners(batch: number): Int32Array {
  return Int32Array.from({ length: 4 * batch }, (_, k) => (k % 2 === 0 ? k >> 1 : ((k >> 1) + batch) % (2 * batch)));
}
