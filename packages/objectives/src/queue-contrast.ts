import { columnLogits, softmaxContrast } from './logits.js';
import type { LossResult } from './loss-result.js';
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

/**
 * InfoNCE of queries against their own key and a queue of keys (He et al., MoCo, CVPR 2020):
 *   z_b0 = cos(q_b, k_b) / T,   z_bj = cos(q_b, k_j) / T + mask_bj for the queue's j = 1 … K
 *   L    = 1 / B sum_b (log sum_j exp z_bj - z_b0)
 * Keys have no gradient: their encoder follows by momentum.
 */
export function queueContrastLoss(tf: TensorFlow, inputs: QueueContrastInputs): LossResult<'queries'> {
  const [loss, queries] = tf.tidy(() => {
    const { temperature, mask } = inputs;
    const [batch, held] = mask.shape;
    const query = unitRows(tf, inputs.queries);
    const key = unitRows(tf, inputs.keys).unit;
    const queue = unitRows(tf, inputs.queue).unit;

    const share = tf.fill([batch, 1], 1 / batch) as Tensor2D;
    const own = tf.div(tf.sum(tf.mul(query.unit, key), 1, true), temperature) as Tensor2D; // [B, 1]
    const others = columnLogits(tf, query.unit, queue, temperature, new Float32Array(held)); // [B, K]
    const { value, positiveSlope, negativeSlope } = softmaxContrast(tf, own, tf.add(others, mask), share);
    const pulled = tf.mul(positiveSlope, key);
    const gradient = tf.div(tf.add(pulled, tf.matMul(negativeSlope, queue)), temperature) as Tensor2D;
    return [value, throughNorm(tf, gradient, query)];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { queries } };
}
