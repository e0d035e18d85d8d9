import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

export type ActivityResult = LossResult<'activations'>;

/** How much of a code is used: L = mean_b sum_c |h_bc|, which draws what is not needed to zero. @param activations h, [B, d] */
export function absoluteActivityLoss(tf: TensorFlow, activations: Tensor2D): ActivityResult {
  const [loss, gradient] = tf.tidy(() => {
    const [batch] = activations.shape;
    return [tf.div(tf.sum(tf.abs(activations)), batch), tf.div(tf.sign(activations), batch)];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { activations: gradient } };
}

/** Mean squares are held this far from 0 and 1, where the divergence has no bound. */
const EDGE = 1e-4;

/**
 * The divergence of each unit's use from a target rate (Ng, Sparse autoencoder, CS294A notes, 2011), for units between -1
 * and 1, whose use is their mean square over the batch:
 *   r_c = mean_b h_bc^2,   L = sum_c (t log (t / r_c) + (1 - t) log ((1 - t) / (1 - r_c)))
 * @param activations h, [B, d], in (-1, 1)
 * @param target t, in (0, 1)
 */
export function activityKlLoss(tf: TensorFlow, activations: Tensor2D, target: number): ActivityResult {
  const [loss, gradient] = tf.tidy(() => {
    const [batch] = activations.shape;
    const rate = tf.clipByValue(tf.mean(tf.square(activations), 0, true), EDGE, 1 - EDGE); // r, [1, d]
    const rest = tf.sub(1, rate);
    const entropy = target * Math.log(target) + (1 - target) * Math.log(1 - target);
    const cross = tf.add(tf.mul(tf.log(rate), target), tf.mul(tf.log(rest), 1 - target));
    const value = tf.sum(tf.sub(entropy, cross));
    const slope = tf.sub(tf.div(1 - target, rest), tf.div(target, rate)); // dL / dr
    return [value, tf.mul(activations, tf.mul(slope, 2 / batch))];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { activations: gradient } };
}
