import { rowShares } from './row-shares.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** B triples of a user, an item they have and N items that they don't. Scores are inner products, lengths count. */
export interface BprInputs {
  /** u, [B, d] */
  readonly users: Tensor2D;
  /** i, [B, d] */
  readonly positives: Tensor2D;
  /** j, [B N, d]: the N negatives of the first row, then those of the second, … */
  readonly negatives: Tensor2D;
  /** [B]: weight of each row in the mean, > 0. Undefined: all 1. */
  readonly weights?: Float32Array | undefined;
}

/** The caller disposes all four tensors. */
export interface BprResult {
  readonly loss: Scalar;
  readonly gradients: { readonly users: Tensor2D; readonly positives: Tensor2D; readonly negatives: Tensor2D };
}

/**
 * Bayesian personalised ranking (Rendle et al., UAI 2009), the mean over N negatives a row:
 *   x_bn = u_b . i_b - u_b . j_bn
 *   L    = sum_b a_b / N sum_n -ln sigma(x_bn) / sum_b a_b
 * The paper's regularisation is weight decay and stays with the optimiser. With c_bn = a_b sigma(-x_bn) / (N sum a):
 * du_b = sum_n c_bn (j_bn - i_b), di_b = -sum_n c_bn u_b, dj_bn = c_bn u_b.
 */
export function bprLoss(tf: TensorFlow, inputs: BprInputs): BprResult {
  const [batch, width] = inputs.users.shape;
  const count = inputs.negatives.shape[0] / batch;
  const [loss, users, positives, negatives] = tf.tidy(() => {
    const share = tf.tensor2d(
      rowShares(inputs.weights, batch).map((value) => value / count),
      [batch, 1],
    );
    const others = tf.reshape(inputs.negatives, [batch, count, width]);
    const own = tf.reshape(inputs.users, [batch, 1, width]);
    const score = tf.sum(tf.mul(inputs.users, inputs.positives), 1, true); // [B, 1]
    const margin = tf.sub(score, tf.sum(tf.mul(others, own), 2)); // x, [B, N]
    const value = tf.sum(tf.mul(tf.softplus(tf.neg(margin)), share)) as Scalar;

    const force = tf.mul(tf.sigmoid(tf.neg(margin)), share); // c, [B, N]
    const total = tf.sum(force, 1, true); // [B, 1]
    const each = tf.reshape(force, [batch, count, 1]);
    const userGradient = tf.sub(tf.sum(tf.mul(others, each), 1), tf.mul(inputs.positives, total));
    const positiveGradient = tf.neg(tf.mul(inputs.users, total));
    return [value, userGradient, positiveGradient, tf.reshape(tf.mul(own, each), [batch * count, width])];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, positives, negatives } };
}
