import { columnLogits } from './logits.js';
import type { Tensor2D, TensorFlow } from './tensorflow.js';

export interface SoftmaxWeights {
  /** exp(z - max z), [B, K] */
  readonly weights: Tensor2D;
  /** Of each row, [B, 1]; the softmax is the weights over it. */
  readonly sums: Tensor2D;
  /** log sum_j exp z_uj, [B, 1] */
  readonly logSums: Tensor2D;
}

/**
 * A softmax over items that is not divided by its sums, for whoever can divide where arrays are small:
 * z_uj = h_u . W_j + c_j. To be called where tensors are tidied.
 * @param hidden h, [B, d]
 * @param items W, [K, d]
 * @param offsets c, [K]
 */
export function softmaxWeights(
  tf: TensorFlow,
  hidden: Tensor2D,
  items: Tensor2D,
  offsets: Float32Array,
): SoftmaxWeights {
  const logits = columnLogits(tf, hidden, items, 1, offsets);
  const largest = tf.max(logits, 1, true);
  const weights = tf.exp(tf.sub(logits, largest)) as Tensor2D;
  const sums = tf.sum(weights, 1, true) as Tensor2D;
  return { weights, sums, logSums: tf.add(tf.log(sums), largest) };
}
