import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** What a masked place of a mask holds: after the softmax it is exactly zero. */
export const MASKED = -1e9;

/**
 * users · keys / T + offset of each column, as one product: one more dimension carries the offsets, which saves a pass
 * over the large matrix.
 * @param users [B, d]
 * @param keys [K, d]
 * @param offsets [K]
 * @returns [B, K]
 */
export function columnLogits(
  tf: TensorFlow,
  users: Tensor2D,
  keys: Tensor2D,
  temperature: number,
  offsets: Float32Array,
): Tensor2D {
  const queries = tf.concat2d([tf.div(users, temperature), tf.ones([users.shape[0], 1])], 1);
  const wide = tf.concat2d([keys, tf.tensor2d(offsets, [offsets.length, 1])], 1);
  return tf.matMul(queries, wide, false, true) as Tensor2D;
}

/** The offsets that correct for the frequency of each column: -logQ, or nothing. [K] */
export function correctionOf(logQ: Float32Array | undefined, columns: number): Float32Array {
  return logQ === undefined ? new Float32Array(columns) : logQ.map((value) => -value);
}

interface Contrast {
  readonly value: Scalar;
  /** [B, 1]: slope of the loss in each positive's logit. */
  readonly positiveSlope: Tensor2D;
  /** [B, K]: slope in each of the others. */
  readonly negativeSlope: Tensor2D;
}

/**
 * Cross-entropy of a softmax in which each row has its positive to find among its others.
 * @param positives [B, 1] logits
 * @param negatives [B, K] logits
 * @param share [B, 1] of each row in the mean
 */
export function softmaxContrast(tf: TensorFlow, positives: Tensor2D, negatives: Tensor2D, share: Tensor2D): Contrast {
  const [batch, count] = negatives.shape;
  const chance = tf.softmax(tf.concat2d([positives, negatives], 1)) as Tensor2D; // [B, 1 + K]
  const chanceOfOwn = tf.slice2d(chance, [0, 0], [batch, 1]);
  return {
    value: tf.neg(tf.sum(tf.mul(tf.log(chanceOfOwn), share))) as Scalar,
    positiveSlope: tf.mul(tf.sub(chanceOfOwn, 1), share),
    negativeSlope: tf.mul(tf.slice2d(chance, [0, 1], [batch, count]), share),
  };
}
