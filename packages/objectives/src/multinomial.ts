import type { LossResult } from './loss-result.js';
import { softmaxWeights } from './softmax-weights.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** A batch of B users, each with ALL of their positives at once, summed to a target as in `historySoftmaxLoss`. */
export interface MultinomialInputs {
  /** h, [B, d]: what the decoder's last layer makes of each user. */
  readonly hidden: Tensor2D;
  /** t, [B, d]: t_u = sum over the user's positives i of a_ui W_i. */
  readonly targets: Tensor2D;
  /** W, [K, d]: the items of the softmax, all of them or a sample with the batch's positives in it. */
  readonly items: Tensor2D;
  /** c, [K]: what stands beside each inner product; the bias, and in a sample the log of how many items it stands for. */
  readonly offsets: Float32Array;
  /** n, [B]: n_u = sum over the user's positives of a_ui. */
  readonly positiveWeights: Float32Array;
}

export type MultinomialResult = LossResult<'hidden' | 'targets' | 'items'>;

/**
 * The negative multinomial log likelihood of what users have (Liang et al., WWW 2018), on inner products as they are:
 *   z_uj = h_u . W_j + c_j,   L = mean_u (n_u log sum_j exp z_uj - h_u . t_u)
 * without sum_i a_ui c_i, which nothing learned enters. The gradient is derived by hand: dz_uj = n_u softmax_uj / B, and it
 * divides by the sum of a row on the side of the products where that is small. dW_i += sum_u a_ui dt_u for the positives.
 */
export function multinomialLoss(tf: TensorFlow, inputs: MultinomialInputs): MultinomialResult {
  const { hidden, targets, items, offsets, positiveWeights } = inputs;
  const batch = positiveWeights.length;
  const [loss, hiddenGradient, targetGradient, itemGradient] = tf.tidy(() => {
    const count = tf.tensor2d(positiveWeights, [batch, 1]); // n
    const { weights, sums, logSums } = softmaxWeights(tf, hidden, items, offsets);
    const value = multinomialValue(tf, { hidden, targets, logSums, count });

    const share = tf.div(tf.div(count, batch), sums); // of a weight in the gradient, [B, 1]
    const repulsion = tf.mul(tf.matMul(weights, items), share);
    const pushed = tf.matMul(tf.transpose(tf.mul(hidden, share) as Tensor2D), weights); // [d, K]
    return [value, tf.sub(repulsion, tf.div(targets, batch)), tf.mul(hidden, -1 / batch), tf.transpose(pushed)];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { hidden: hiddenGradient, targets: targetGradient, items: itemGradient } };
}

/**
 * The value alone, in operations that TensorFlow.js differentiates, for who has the logarithms of the sums.
 * @param from h and t, [B, d], log sum_j exp z_uj and n, [B, 1]
 */
export function multinomialValue(
  tf: TensorFlow,
  { hidden, targets, logSums, count }: Readonly<Record<'hidden' | 'targets' | 'logSums' | 'count', Tensor2D>>,
): Scalar {
  const attraction = tf.sum(tf.mul(hidden, targets), 1, true);
  return tf.mean(tf.sub(tf.mul(count, logSums), attraction)) as Scalar;
}
