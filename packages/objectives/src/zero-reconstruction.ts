import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/**
 * What keeps a generator of profiles from making everything (CFGAN, Chae et al., CIKM 2018): items that the user does not
 * have, a random part of them, are drawn to zero.
 *   L = mean_b sum_j k_bj x_bj^2
 * @param profiles x, [B, K]: what was made
 * @param zeros k, [B, K]: 1 at the items drawn, else 0
 */
export function zeroReconstructionLoss(tf: TensorFlow, profiles: Tensor2D, zeros: Tensor2D): LossResult<'profiles'> {
  const [loss, gradient] = tf.tidy(() => {
    const [batch] = profiles.shape;
    const wrong = tf.mul(profiles, zeros);
    return [tf.div(tf.sum(tf.mul(wrong, profiles)), batch), tf.mul(wrong, 2 / batch)];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { profiles: gradient } };
}
