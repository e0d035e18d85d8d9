import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** Added to the variance of a column, so that one without any stays finite; that of batch normalisation. */
const VARIANCE_EPSILON = 1e-5;

export interface BarlowTwinsInputs {
  /** [B, d]: one view of each pair. Lengths count: nothing is normalised by row. */
  readonly users: Tensor2D;
  /** [B, d]: the other view. */
  readonly items: Tensor2D;
  /** lambda, >= 0: weight of the decorrelation. */
  readonly redundancy: number;
}

interface StandardColumns {
  /** [B, d]: columns of mean 0 and variance 1. */
  readonly values: Tensor2D;
  /** [1, d]: one over each column's standard deviation. */
  readonly inverseDeviation: Tensor2D;
}

/**
 * Barlow Twins (Zbontar et al., ICML 2021): no negatives. The columns of both views are standardised over the batch,
 * and their cross-correlation C = Z_users' Z_items / B is brought to the identity: the same dimension agrees, different
 * ones have nothing to say of each other:
 *   L = sum_k (1 - C_kk)^2 + lambda sum_{k != l} C_kl^2
 * The gradient is by hand and goes through the standardisation.
 */
export function barlowTwinsLoss(tf: TensorFlow, inputs: BarlowTwinsInputs): LossResult<'users' | 'items'> {
  const [loss, users, items] = tf.tidy(() => {
    const [batch, width] = inputs.users.shape;
    const user = standardColumns(tf, inputs.users);
    const item = standardColumns(tf, inputs.items);
    const correlation = tf.div(tf.matMul(tf.transpose(user.values), item.values), batch); // C, [d, d]
    const diagonal = tf.eye(width);
    const weights = tf.add(diagonal, tf.mul(tf.sub(1, diagonal), inputs.redundancy));
    const missing = tf.sub(correlation, diagonal);
    const value = tf.sum(tf.mul(tf.square(missing), weights)) as Scalar;
    const slope = tf.mul(tf.mul(missing, weights), 2 / batch) as Tensor2D; // dL/dC / B
    const userGradient = tf.matMul(item.values, tf.transpose(slope)) as Tensor2D;
    const itemGradient = tf.matMul(user.values, slope) as Tensor2D;
    return [value, throughColumns(tf, userGradient, user), throughColumns(tf, itemGradient, item)];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items } };
}

function standardColumns(tf: TensorFlow, rows: Tensor2D): StandardColumns {
  const centred = tf.sub(rows, tf.mean(rows, 0, true));
  const variance = tf.mean(tf.square(centred), 0, true);
  const inverseDeviation = tf.rsqrt(tf.add(variance, VARIANCE_EPSILON)) as Tensor2D;
  return { values: tf.mul(centred, inverseDeviation), inverseDeviation };
}

/** dz = (g - mean g - Z mean(g Z)) / deviation, g the gradient by the standardised columns Z. */
function throughColumns(tf: TensorFlow, gradient: Tensor2D, { values, inverseDeviation }: StandardColumns): Tensor2D {
  const along = tf.mean(tf.mul(gradient, values), 0, true);
  const centred = tf.sub(gradient, tf.mean(gradient, 0, true));
  return tf.mul(tf.sub(centred, tf.mul(values, along)), inverseDeviation);
}
