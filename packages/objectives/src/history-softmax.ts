import { columnLogits } from './logits.js';
import type { LossResult } from './loss-result.js';
import { rowShares } from './row-shares.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, unitRows } from './unit-rows.js';

/**
 * A batch of B users, each with ALL of their positives at once. The positives enter as their weighted sum: the loss
 * is linear in it, so the ragged part stays with the caller (sparse) and everything here is dense.
 */
export interface HistorySoftmaxInputs {
  /** p, [B, d], of any length: the loss takes cosines. */
  readonly users: Tensor2D;
  /** t, [B, d]: t_u = sum over the user's positives i of a_ui Q_i, Q_i the item's UNIT vector. */
  readonly targets: Tensor2D;
  /** q, [K, d], of any length: the negatives that all users of the batch share. */
  readonly negatives: Tensor2D;
  /** n, [B]: n_u = sum over the user's positives of a_ui, > 0. */
  readonly positiveWeights: Float32Array;
  /** [K]: tb * log pop_j, the popularity offset of each negative. */
  readonly offsets: Float32Array;
  /** > 0; below about .03 single precision no longer holds the smallest probabilities. */
  readonly temperature: number;
  /** w: weight of the softmax against the positives; 1 is cross-entropy. */
  readonly negativeWeight: number;
}

export type HistorySoftmaxResult = LossResult<'users' | 'targets' | 'negatives'>;

/**
 * One softmax row per user over shared negatives:
 *   z_uj = P_u . Q_j / T + offset_j,   P = p / |p|, Q = q / |q|
 *   L    = sum_u (-P_u . t_u / T + w n_u log sum_j exp z_uj) / sum_u n_u
 * The gradient is derived by hand and goes through the norms of p and q; the gradient of `targets` is with respect
 * to t itself, and dQ_i = sum_u a_ui dt_u brings it to the positives' unit vectors.
 */
export function historySoftmaxLoss(tf: TensorFlow, inputs: HistorySoftmaxInputs): HistorySoftmaxResult {
  const { temperature, negativeWeight, positiveWeights, offsets } = inputs;
  const batch = positiveWeights.length;
  const anchor = largestAt(offsets);
  const [loss, users, targets, negatives] = tf.tidy(() => {
    const user = unitRows(tf, inputs.users);
    const item = unitRows(tf, inputs.negatives);
    const share = tf.tensor2d(rowShares(positiveWeights, batch), [batch, 1]); // n_u / Z
    const perTarget = 1 / (sum(positiveWeights) * temperature); // 1 / (Z T)

    const similarity = columnLogits(tf, user.unit, item.unit, temperature, offsets); // [B, K]
    const chance = tf.softmax(similarity) as Tensor2D;

    // log sum_j exp z_uj = z_ua - log softmax_ua for any column a; the one with the largest offset never underflows.
    const column = (of: Tensor2D) => tf.slice2d(of, [0, anchor], [batch, 1]);
    const logSum = tf.sub(column(similarity), tf.log(column(chance)));
    const attraction = tf.mul(tf.sum(tf.mul(user.unit, inputs.targets)), perTarget);
    const value = tf.sub(tf.mul(tf.sum(tf.mul(logSum, share)), negativeWeight), attraction) as Scalar;

    const scaledUsers = tf.mul(user.unit, tf.mul(share, negativeWeight / temperature)) as Tensor2D;
    const repulsion = tf.mul(tf.matMul(chance, item.unit), tf.mul(share, negativeWeight / temperature));
    const userGradient = tf.sub(repulsion, tf.mul(inputs.targets, perTarget)) as Tensor2D;
    const itemGradient = tf.transpose(tf.matMul(scaledUsers, chance, true)) as Tensor2D; // [K, d]
    return [
      value,
      throughNorm(tf, userGradient, user),
      tf.mul(user.unit, -perTarget),
      throughNorm(tf, itemGradient, item),
    ];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, targets, negatives } };
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function largestAt(values: Float32Array): number {
  let at = 0;
  for (let k = 1; k < values.length; k++) if ((values[k] as number) > (values[at] as number)) at = k;
  return at;
}
