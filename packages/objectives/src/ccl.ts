import { MASKED } from './logits.js';
import type { LossResult } from './loss-result.js';
import type { SharedNegativesInputs, SharedNegativesResult } from './shared-negatives.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, unitRows } from './unit-rows.js';

/**
 * A batch of B users, each with all of their positives at once, as in `historySoftmaxLoss`: the loss is linear in the
 * positives' unit vectors, so their weighted sum is enough.
 */
export interface HistoryCclInputs {
  /** p, [B, d], of any length: the loss takes cosines. */
  readonly users: Tensor2D;
  /** t, [B, d]: t_u = sum over the user's positives i of a_ui Q_i, Q_i the item's UNIT vector. */
  readonly targets: Tensor2D;
  /** q, [K, d], of any length: the negatives that all users of the batch share. */
  readonly negatives: Tensor2D;
  /** n, [B]: n_u = sum over the user's positives of a_ui, > 0. */
  readonly positiveWeights: Float32Array;
  /** s, [B, K]: share of each negative in its row's mean, 0 where the user has the item. Rows sum to 1, or to 0. */
  readonly shares: Tensor2D;
  /** m: a negative below this cosine is far enough. */
  readonly margin: number;
  /** w: weight of the negatives against the positives. */
  readonly negativeWeight: number;
}

/**
 * Cosine contrastive loss (SimpleX; Mao et al., CIKM 2021), summed over the positives of a user:
 *   L = sum_u [ n_u - P_u . t_u + w n_u sum_j s_uj max(0, P_u . Q_j - m) ] / sum_u n_u,   P = p / |p|, Q = q / |q|
 * that is, for each positive 1 - cos(u, i), plus w times the mean excess of the negatives. The gradient is derived by
 * hand; at the hinge itself it is that of the flat side. dQ_i = sum_u a_ui dt_u brings `targets` to the positives.
 */
export function historyCclLoss(
  tf: TensorFlow,
  inputs: HistoryCclInputs,
): LossResult<'users' | 'targets' | 'negatives'> {
  const { positiveWeights, margin, negativeWeight } = inputs;
  const total = positiveWeights.reduce((sum, value) => sum + value, 0);
  const [loss, users, targets, negatives] = tf.tidy(() => {
    const user = unitRows(tf, inputs.users);
    const item = unitRows(tf, inputs.negatives);
    const scale = tf.tensor2d(
      positiveWeights.map((value) => (negativeWeight * value) / total),
      [positiveWeights.length, 1],
    );
    const excess = tf.sub(tf.matMul(user.unit, tf.transpose(item.unit)), margin); // [B, K]
    const weight = tf.mul(inputs.shares, scale); // [B, K]
    const repulsion = tf.sum(tf.mul(tf.relu(excess), weight));
    const attraction = tf.div(tf.sum(tf.mul(user.unit, inputs.targets)), total);
    const value = tf.add(tf.sub(repulsion, attraction), 1) as Scalar;

    const force = tf.mul(tf.cast(tf.greater(excess, 0), 'float32'), weight) as Tensor2D;
    const userGradient = tf.sub(tf.matMul(force, item.unit), tf.div(inputs.targets, total)) as Tensor2D;
    const itemGradient = tf.transpose(tf.matMul(tf.transpose(user.unit), force)) as Tensor2D; // [K, d]
    return [
      value,
      throughNorm(tf, userGradient, user),
      tf.mul(user.unit, -1 / total),
      throughNorm(tf, itemGradient, item),
    ];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, targets, negatives } };
}

export interface CclInputs extends SharedNegativesInputs {
  /** m: a negative below this cosine is far enough. */
  readonly margin: number;
  /** w: weight of the negatives against the positive. */
  readonly negativeWeight: number;
}

/**
 * The same, one pair a row: L = sum_b a_b (1 - cos(u_b, v_b) + w mean_k max(0, cos(u_b, w_k) - m)) / sum_b a_b, the
 * mean over the negatives that the mask leaves the row; where it leaves none, zero.
 */
export function cclLoss(tf: TensorFlow, inputs: CclInputs): SharedNegativesResult {
  const [batch] = inputs.users.shape;
  const positiveWeights = inputs.weights ?? new Float32Array(batch).fill(1);
  const [loss, users, items, negatives] = tf.tidy(() => {
    const item = unitRows(tf, inputs.items);
    const weights = tf.tensor2d(positiveWeights, [batch, 1]);
    const targets = tf.mul(item.unit, weights) as Tensor2D;
    const shares = evenShares(tf, inputs);
    const result = historyCclLoss(tf, { ...inputs, targets, positiveWeights, shares });
    const { gradients } = result;
    const itemGradient = throughNorm(tf, tf.mul(gradients.targets, weights), item);
    return [result.loss, gradients.users, itemGradient, gradients.negatives];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}

/** One over the number of negatives left to the row, 0 where the mask hides one. [B, K] */
function evenShares(tf: TensorFlow, { users, negatives, mask }: SharedNegativesInputs): Tensor2D {
  const [count] = negatives.shape;
  if (mask === undefined) return tf.fill([users.shape[0], count], 1 / count);
  const free = tf.cast(tf.greater(mask, MASKED / 2), 'float32');
  return tf.div(free, tf.maximum(tf.sum(free, 1, true), 1));
}
