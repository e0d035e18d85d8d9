import type { Tensor2D, TensorFlow } from './tensorflow.js';

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
  return tf.matMul(queries, tf.transpose(wide)) as Tensor2D;
}

/** The offsets that correct for the frequency of each column: -logQ, or nothing. [K] */
export function correctionOf(logQ: Float32Array | undefined, columns: number): Float32Array {
  return logQ === undefined ? new Float32Array(columns) : logQ.map((value) => -value);
}
