import { type OwnNegativesInputs, type OwnNegativesResult, ownCosines, throughOwnCosines } from './own-negatives.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** Added to squared distances: near its user a negative has no direction to go, and single precision no distance. */
const DISTANCE_EPSILON = 1e-4;

export interface MarginContrastiveInputs extends OwnNegativesInputs {
  /** m, > 0: negatives farther than this (in distance on the unit sphere, at most 2) are left in peace. */
  readonly margin: number;
  /** w, >= 0: weight of the negatives against the positive. Undefined: 1. */
  readonly negativeWeight?: number | undefined;
}

/**
 * The contrastive loss with a margin (Hadsell, Chopra and LeCun, CVPR 2006) on unit vectors: positives are pulled
 * together, negatives pushed out to the margin and no farther:
 *   L = sum_b a_b (|U_b - V_b|^2 / 2 + w (1/N) sum_n max(0, m - |U_b - W_bn|)^2 / 2) / sum_b a_b
 * The gradient is by hand, through cosines: |U - V|^2 = 2 - 2 cos.
 */
export function marginContrastiveLoss(tf: TensorFlow, inputs: MarginContrastiveInputs): OwnNegativesResult {
  const [loss, users, items, negatives] = tf.tidy(() => {
    const cosines = ownCosines(tf, inputs);
    const { share } = cosines;
    const weight = (inputs.negativeWeight ?? 1) / cosines.negatives.shape[1];
    const squared = tf.relu(tf.sub(2, tf.mul(cosines.negatives, 2)));
    const distance = tf.sqrt(tf.add(squared, DISTANCE_EPSILON)); // [B, N]
    const missing = tf.relu(tf.sub(inputs.margin, distance));
    const repulsion = tf.mul(tf.sum(tf.square(missing), 1, true), weight / 2); // [B, 1]
    const value = tf.sum(tf.mul(share, tf.add(tf.sub(1, cosines.positives), repulsion))) as Scalar;
    const slope = tf.mul(tf.div(missing, distance), tf.mul(share, weight)) as Tensor2D;
    return [value, ...throughOwnCosines(tf, cosines.rows, tf.neg(share), slope)];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}
