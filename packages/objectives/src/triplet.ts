import { type OwnNegativesInputs, type OwnNegativesResult, ownCosines, throughOwnCosines } from './own-negatives.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

export interface TripletInputs extends OwnNegativesInputs {
  /** m, 0 to 2: how much nearer than a negative the positive shall be, in cosines. */
  readonly margin: number;
  /**
   * I, the number of items that negatives are drawn from. Given: each pair is weighted by log(1 + I M / N), M its
   * negatives inside the margin: about the log of the positive's rank (WARP, Weston et al., IJCAI 2011, in the form of
   * CML, Hsieh et al., WWW 2017). Undefined: all ranks weigh alike.
   */
  readonly rankAmong?: number | undefined;
}

/**
 * Triplet loss with a margin (FaceNet: Schroff et al., CVPR 2015), averaged over the N negatives of each pair:
 *   L = sum_b a_b r_b (1/N) sum_n max(0, m - cos(u_b, v_b) + cos(u_b, w_bn)) / sum_b a_b
 * FaceNet writes it in squared distances of unit vectors: |U - V|^2 = 2 - 2 cos makes that the same loss, twice as
 * large, for a margin of m / 2 here. r_b is the weight by rank, held constant in the gradient. The gradient is by hand.
 */
export function tripletLoss(tf: TensorFlow, inputs: TripletInputs): OwnNegativesResult {
  const [loss, users, items, negatives] = tf.tidy(() => {
    const cosines = ownCosines(tf, inputs);
    const count = cosines.negatives.shape[1];
    const excess = tf.relu(tf.add(tf.sub(cosines.negatives, cosines.positives), inputs.margin)); // [B, N]
    const inside = tf.cast(tf.greater(excess, 0), 'float32') as Tensor2D;
    const each = tf.div(tf.mul(cosines.share, rankWeights(tf, inside, inputs.rankAmong)), count); // [B, 1]
    const slope = tf.mul(inside, each) as Tensor2D;
    const value = tf.sum(tf.mul(excess, each)) as Scalar;
    return [value, ...throughOwnCosines(tf, cosines.rows, tf.neg(tf.sum(slope, 1, true)), slope)];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}

/** r, [B, 1] */
function rankWeights(tf: TensorFlow, inside: Tensor2D, items: number | undefined): Tensor2D {
  if (items === undefined) return tf.ones([inside.shape[0], 1]);
  return tf.log1p(tf.mul(tf.mean(inside, 1, true), items)) as Tensor2D;
}
