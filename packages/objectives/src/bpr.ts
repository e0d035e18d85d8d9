import {
  type OwnNegativesInputs,
  type OwnNegativesResult,
  ownCosines,
  ownProducts,
  throughOwnCosines,
  throughOwnProducts,
} from './own-negatives.js';
import { rowShares } from './row-shares.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/**
 * Bayesian personalised ranking (Rendle et al., UAI 2009) of inner products, the mean over N negatives a pair:
 *   x_bn = u_b . v_b - u_b . w_bn
 *   L    = sum_b a_b (1/N) sum_n -ln sigma(x_bn) / sum_b a_b
 * Lengths count. The paper's regularisation is weight decay and stays with the optimiser. The gradient is by hand.
 */
export function bprLoss(tf: TensorFlow, inputs: OwnNegativesInputs): OwnNegativesResult {
  const [loss, users, items, negatives] = tf.tidy(() => {
    const products = ownProducts(tf, inputs);
    const [batch] = inputs.users.shape;
    const share = tf.tensor2d(rowShares(inputs.weights, batch), [batch, 1]);
    const { value, slope } = rankAbove(tf, products.positives, products.negatives, share);
    return [value, ...throughOwnProducts(tf, inputs, tf.neg(tf.sum(slope, 1, true)), slope)];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}

export interface CosineBprInputs extends OwnNegativesInputs {
  /** T, > 0 */
  readonly temperature: number;
}

/**
 * BPR for models that are served by cosines: the same of x_bn = (cos(u_b, v_b) - cos(u_b, w_bn)) / T, which no length
 * can make large. With one negative it is sampled softmax over that one.
 */
export function cosineBprLoss(tf: TensorFlow, inputs: CosineBprInputs): OwnNegativesResult {
  const [loss, users, items, negatives] = tf.tidy(() => {
    const cosines = ownCosines(tf, inputs);
    const scaled = (values: Tensor2D) => tf.div(values, inputs.temperature) as Tensor2D;
    const { value, slope } = rankAbove(tf, scaled(cosines.positives), scaled(cosines.negatives), cosines.share);
    const byCosine = scaled(slope);
    return [value, ...throughOwnCosines(tf, cosines.rows, tf.neg(tf.sum(byCosine, 1, true)), byCosine)];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}

/**
 * @param positives [B, 1] scores
 * @param negatives [B, N] scores
 * @param share [B, 1] of each pair in the mean
 * @returns the loss and its slope in each negative's score, [B, N]; that in a positive's is minus the sum of its row
 */
function rankAbove(tf: TensorFlow, positives: Tensor2D, negatives: Tensor2D, share: Tensor2D) {
  const behind = tf.sub(negatives, positives) as Tensor2D; // -x, [B, N]
  const each = tf.div(share, behind.shape[1]);
  return {
    value: tf.sum(tf.mul(tf.softplus(behind), each)) as Scalar,
    slope: tf.mul(tf.sigmoid(behind), each) as Tensor2D,
  };
}
