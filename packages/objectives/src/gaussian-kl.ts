import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

export interface GaussianKlInputs {
  /** m, [B, z] */
  readonly means: Tensor2D;
  /** v = log of the variance, [B, z] */
  readonly logVariances: Tensor2D;
  /** [B]: what the divergence of each row counts, beta. */
  readonly weights: Float32Array;
}

export type GaussianKlResult = LossResult<'means' | 'logVariances'>;

/**
 * How far the latents of a batch are from the standard normal prior (Kingma and Welling, ICLR 2014), zero there alone:
 *   L = mean_b w_b KL(N(m_b, exp v_b) | N(0, 1)) = mean_b w_b / 2 sum_c (exp v_bc + m_bc^2 - 1 - v_bc)
 */
export function gaussianKlLoss(tf: TensorFlow, { means, logVariances, weights }: GaussianKlInputs): GaussianKlResult {
  const batch = weights.length;
  const [loss, meanGradient, varianceGradient] = tf.tidy(() => {
    const share = tf.div(tf.tensor2d(weights, [batch, 1]), batch);
    const excess = tf.sub(tf.exp(logVariances), 1); // exp v - 1
    const twice = tf.sum(tf.sub(tf.add(excess, tf.square(means)), logVariances), 1, true);
    const value = tf.mul(tf.sum(tf.mul(twice, share)), 0.5) as Scalar;
    return [value, tf.mul(means, share), tf.mul(excess, tf.mul(share, 0.5))];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { means: meanGradient, logVariances: varianceGradient } };
}
