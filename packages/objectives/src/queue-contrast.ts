import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, unitRows } from './unit-rows.js';

export interface QueueContrastInputs {
  /** [B, d], of any length, as everywhere here: the loss takes cosines. */
  readonly queries: Tensor2D;
  /** [B, d]: row b is the key of query b, made by the momentum encoder. A constant. */
  readonly keys: Tensor2D;
  /** [K, d]: keys of earlier batches. A constant. */
  readonly queue: Tensor2D;
  /** [B, K]: 0 where a key of the queue may serve as a negative, MASKED where it is of the query's own user. */
  readonly mask: Tensor2D;
  /** > 0; below about .03 single precision no longer holds the smallest probabilities. */
  readonly temperature: number;
}

/** The caller disposes both tensors. Keys have no gradient: their encoder follows by momentum. */
export interface QueueContrastResult {
  readonly loss: Scalar;
  readonly gradients: { readonly queries: Tensor2D };
}

/**
 * InfoNCE of queries against their own key and a queue of keys (He et al., MoCo, CVPR 2020):
 *   z_b0 = cos(q_b, k_b) / T,   z_bj = cos(q_b, k_j) / T + mask_bj for the queue's j = 1 … K
 *   L    = 1 / B sum_b (log sum_j exp z_bj - z_b0)
 */
export function queueContrastLoss(tf: TensorFlow, inputs: QueueContrastInputs): QueueContrastResult {
  const [loss, queries] = tf.tidy(() => {
    const { temperature, mask } = inputs;
    const [batch, held] = mask.shape;
    const query = unitRows(tf, inputs.queries);
    const key = unitRows(tf, inputs.keys).unit;
    const queue = unitRows(tf, inputs.queue).unit;

    const scaled = tf.div(query.unit, temperature) as Tensor2D;
    const own = tf.sum(tf.mul(scaled, key), 1, true) as Tensor2D; // [B, 1]
    const others = tf.add(tf.matMul(scaled, tf.transpose(queue)), mask) as Tensor2D; // [B, K]
    const chance = tf.softmax(tf.concat2d([own, others], 1)) as Tensor2D; // [B, 1 + K]
    const ownChance = tf.slice2d(chance, [0, 0], [batch, 1]);
    const value = tf.neg(tf.mean(tf.log(ownChance))) as Scalar;

    const pushed = tf.matMul(tf.slice2d(chance, [0, 1], [batch, held]), queue);
    const pulled = tf.mul(tf.sub(ownChance, 1), key);
    const gradient = tf.mul(tf.add(pushed, pulled), 1 / (batch * temperature)) as Tensor2D;
    return [value, throughNorm(tf, gradient, query)];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { queries } };
}
