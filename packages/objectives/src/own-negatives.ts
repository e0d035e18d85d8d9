import type { LossResult } from './loss-result.js';
import { rowShares } from './row-shares.js';
import type { Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, type UnitRows, unitRows } from './unit-rows.js';

/** A batch of B positive pairs, each with N negatives of its own. Rows may be of any length. */
export interface OwnNegativesInputs {
  /** [B, d] */
  readonly users: Tensor2D;
  /** [B, d]: row b is the positive of user b. */
  readonly items: Tensor2D;
  /** [B N, d]: rows b N to b N + N - 1 are the negatives of user b. N is any number >= 1. */
  readonly negatives: Tensor2D;
  /** [B]: weight of each pair in the mean, > 0. Undefined: all 1. */
  readonly weights?: Float32Array | undefined;
}

export type OwnNegativesResult = LossResult<'users' | 'items' | 'negatives'>;

interface OwnProducts {
  /** [B, 1]: of each user with their positive. */
  readonly positives: Tensor2D;
  /** [B, N]: of each user with their negatives. */
  readonly negatives: Tensor2D;
}

/** The inner products of a batch. */
export function ownProducts(tf: TensorFlow, { users, items, negatives }: OwnNegativesInputs): OwnProducts {
  const [batch, width] = users.shape;
  const each = tf.reshape(negatives, [batch, -1, width]); // [B, N, d]
  return {
    positives: tf.sum(tf.mul(users, items), 1, true),
    negatives: tf.sum(tf.mul(each, tf.expandDims(users, 1)), 2),
  };
}

/**
 * The gradient of every row from the slope of the loss in each inner product.
 * @param positiveSlope [B, 1]
 * @param negativeSlope [B, N]
 * @returns gradients of users [B, d], items [B, d], negatives [B N, d], in this order
 */
export function throughOwnProducts(
  tf: TensorFlow,
  { users, items, negatives }: OwnNegativesInputs,
  positiveSlope: Tensor2D,
  negativeSlope: Tensor2D,
): [Tensor2D, Tensor2D, Tensor2D] {
  const [batch, width] = users.shape;
  const slope = tf.expandDims(negativeSlope, 2); // [B, N, 1]
  const fromNegatives = tf.sum(tf.mul(tf.reshape(negatives, [batch, -1, width]), slope), 1);
  return [
    tf.add(tf.mul(items, positiveSlope), fromNegatives),
    tf.mul(users, positiveSlope),
    tf.reshape(tf.mul(tf.expandDims(users, 1), slope), negatives.shape),
  ];
}

/** The cosines of a batch, and what their gradient needs. */
interface OwnCosines extends OwnProducts {
  /** [B, 1]: each pair's share of the mean. */
  readonly share: Tensor2D;
  readonly rows: { readonly user: UnitRows; readonly item: UnitRows; readonly negative: UnitRows };
}

export function ownCosines(tf: TensorFlow, inputs: OwnNegativesInputs): OwnCosines {
  const [batch] = inputs.users.shape;
  const user = unitRows(tf, inputs.users);
  const item = unitRows(tf, inputs.items);
  const negative = unitRows(tf, inputs.negatives);
  return {
    ...ownProducts(tf, { users: user.unit, items: item.unit, negatives: negative.unit }),
    share: tf.tensor2d(rowShares(inputs.weights, batch), [batch, 1]),
    rows: { user, item, negative },
  };
}

/**
 * The gradient of every row from the slope of the loss in each cosine: differences of unit vectors, not the vectors
 * themselves. The part along the row falls away anyway, and differences keep their digits where two rows nearly coincide.
 * @param positiveSlope [B, 1]
 * @param negativeSlope [B, N]
 * @returns gradients of users [B, d], items [B, d], negatives [B N, d], in this order
 */
export function throughOwnCosines(
  tf: TensorFlow,
  { user, item, negative }: OwnCosines['rows'],
  positiveSlope: Tensor2D,
  negativeSlope: Tensor2D,
): [Tensor2D, Tensor2D, Tensor2D] {
  const [batch, width] = user.unit.shape;
  const towards = tf.mul(tf.sub(item.unit, user.unit), positiveSlope) as Tensor2D;
  const each = tf.reshape(negative.unit, [batch, -1, width]); // [B, N, d]
  const apart = tf.mul(tf.sub(each, tf.expandDims(user.unit, 1)), tf.expandDims(negativeSlope, 2));
  return [
    throughNorm(tf, tf.add(towards, tf.sum(apart, 1)), user),
    throughNorm(tf, tf.neg(towards), item),
    throughNorm(tf, tf.neg(tf.reshape(apart, negative.unit.shape)) as Tensor2D, negative),
  ];
}
