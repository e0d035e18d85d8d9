import type { Tensor2D, TensorFlow } from './tensorflow.js';

/** Added to a squared norm, so that a row of zeros has the unit vector zero and a finite gradient. */
export const NORM_EPSILON = 1e-12;

export interface UnitRows {
  /** [R, d]: each row divided by its length. */
  readonly unit: Tensor2D;
  /** [R, 1]: one over each row's length. */
  readonly inverseNorm: Tensor2D;
}

/** Every row of `rows` [R, d] brought to length one. */
export function unitRows(tf: TensorFlow, rows: Tensor2D): UnitRows {
  const squared = tf.sum(tf.square(rows), 1, true);
  const inverseNorm = tf.rsqrt(tf.add(squared, NORM_EPSILON)) as Tensor2D;
  return { unit: tf.mul(rows, inverseNorm), inverseNorm };
}

/**
 * The gradient of the rows from the gradient of their unit vectors: dx = (dX - (dX . X) X) / |x|.
 * @param gradient [R, d] with respect to the unit vectors
 */
export function throughNorm(tf: TensorFlow, gradient: Tensor2D, { unit, inverseNorm }: UnitRows): Tensor2D {
  const along = tf.sum(tf.mul(gradient, unit), 1, true);
  return tf.mul(tf.sub(gradient, tf.mul(along, unit)), inverseNorm);
}
