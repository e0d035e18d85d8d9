import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** A block of users by items, each cell with a weight as a positive and one as a negative. Scores are inner products. */
export interface WeightedBceInputs {
  /** u, [B, d] */
  readonly users: Tensor2D;
  /** v, [C, d] */
  readonly items: Tensor2D;
  /** a, [B, C]: weight of each cell as a positive, >= 0. */
  readonly attraction: Tensor2D;
  /** r, [B, C]: weight of each cell as a negative, >= 0. */
  readonly repulsion: Tensor2D;
}

/**
 * Binary cross-entropy with a weight for every cell, as UltraGCN needs it (Mao et al., CIKM 2021):
 *   z_uj = u . v_j
 *   L    = - sum_uj [ a_uj ln sigma(z_uj) + r_uj ln sigma(-z_uj) ]
 * It is a sum: a mean is the business of the weights. dz = (a + r) sigma(z) - a.
 */
export function weightedBceLoss(tf: TensorFlow, inputs: WeightedBceInputs): LossResult<'users' | 'items'> {
  const [loss, users, items] = tf.tidy(() => {
    const { attraction, repulsion } = inputs;
    const score = tf.matMul(inputs.users, tf.transpose(inputs.items)); // z, [B, C]
    // -ln sigma(z) = softplus(z) - z, so one softplus serves both sides.
    const both = tf.add(attraction, repulsion);
    const value = tf.sum(tf.sub(tf.mul(both, tf.softplus(score)), tf.mul(attraction, score))) as Scalar;
    const force = tf.sub(tf.mul(both, tf.sigmoid(score)), attraction) as Tensor2D; // dz, [B, C]
    const itemGradient = tf.transpose(tf.matMul(tf.transpose(inputs.users), force));
    return [value, tf.matMul(force, inputs.items), itemGradient];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items } };
}
