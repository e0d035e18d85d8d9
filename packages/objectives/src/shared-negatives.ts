import type { LossResult } from './loss-result.js';
import type { Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, type UnitRows, unitRows } from './unit-rows.js';

/** A batch of B positive pairs and K negatives that all of them share. Rows may be of any length: cosines are taken. */
export interface SharedNegativesInputs {
  /** [B, d] */
  readonly users: Tensor2D;
  /** [B, d]: row b is the positive of user b. */
  readonly items: Tensor2D;
  /** [K, d] */
  readonly negatives: Tensor2D;
  /** [B, K]: 0 where the negative may serve the row, MASKED where the user has it. Undefined: all may. */
  readonly mask?: Tensor2D | undefined;
  /** [B]: weight of each pair in the mean, > 0. Undefined: all 1. */
  readonly weights?: Float32Array | undefined;
}

export type SharedNegativesResult = LossResult<'users' | 'items' | 'negatives'>;

interface SharedRows {
  readonly user: UnitRows;
  readonly item: UnitRows;
  readonly negative: UnitRows;
}

export function sharedRows(tf: TensorFlow, { users, items, negatives }: SharedNegativesInputs): SharedRows {
  return { user: unitRows(tf, users), item: unitRows(tf, items), negative: unitRows(tf, negatives) };
}

/** The cosine of each user to their positive. [B, 1] */
export function positiveCosines(tf: TensorFlow, { user, item }: SharedRows): Tensor2D {
  return tf.sum(tf.mul(user.unit, item.unit), 1, true);
}

/**
 * The gradient of every row from the slope of the loss in each cosine. Two products, none with a transposed flag.
 * @param positiveSlope [B, 1]
 * @param negativeSlope [B, K]
 * @returns gradients of users [B, d], items [B, d], negatives [K, d], in this order
 */
export function throughSharedCosines(
  tf: TensorFlow,
  { user, item, negative }: SharedRows,
  positiveSlope: Tensor2D,
  negativeSlope: Tensor2D,
): [Tensor2D, Tensor2D, Tensor2D] {
  const fromNegatives = tf.matMul(negativeSlope, negative.unit);
  const toNegatives = tf.transpose(tf.matMul(tf.transpose(user.unit), negativeSlope)) as Tensor2D;
  return [
    throughNorm(tf, tf.add(tf.mul(item.unit, positiveSlope), fromNegatives), user),
    throughNorm(tf, tf.mul(user.unit, positiveSlope), item),
    throughNorm(tf, toNegatives, negative),
  ];
}
