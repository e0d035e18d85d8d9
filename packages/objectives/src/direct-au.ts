import type { LossResult } from './loss-result.js';
import { rowShares } from './row-shares.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, type UnitRows, unitRows } from './unit-rows.js';

/** t of exp(-t |x - y|^2) in the uniformity: 2, as in Wang and Isola (ICML 2020) and in DirectAU. */
const KERNEL = 2;

export interface DirectAuInputs {
  /** [B, d], of any length: the loss takes unit vectors. */
  readonly users: Tensor2D;
  /** [B, d]: row b is the positive of user b. */
  readonly items: Tensor2D;
  /** gamma, >= 0: weight of the uniformity against the alignment. */
  readonly uniformity: number;
  /** [B]: which rows are the same user; such rows count once in the uniformity. Undefined: all differ. */
  readonly userOfRow?: Uint32Array | undefined;
  /** [B]: the same of the items. */
  readonly itemOfRow?: Uint32Array | undefined;
  /** [B]: weight of each pair in the alignment, > 0. Undefined: all 1. */
  readonly weights?: Float32Array | undefined;
}

/**
 * DirectAU (Wang et al., KDD 2022): no negatives. Pairs are aligned, and users as well as items are spread evenly over
 * the unit sphere:
 *   L    = sum_b a_b |U_b - V_b|^2 / sum_b a_b + gamma (F(U) + F(V)) / 2
 *   F(X) = log mean_{pairs of distinct rows} exp(-2 |X_b - X_c|^2)
 * A row that stands in the batch twice would be pushed off itself, which it can't follow, and would weigh twice: only
 * the first of each counts. The gradient is by hand.
 */
export function directAuLoss(tf: TensorFlow, inputs: DirectAuInputs): LossResult<'users' | 'items'> {
  const [loss, users, items] = tf.tidy(() => {
    const user = unitRows(tf, inputs.users);
    const item = unitRows(tf, inputs.items);
    const [batch] = inputs.users.shape;
    const share = tf.tensor2d(rowShares(inputs.weights, batch), [batch, 1]);
    const apart = tf.sub(user.unit, item.unit);
    const alignment = tf.sum(tf.mul(tf.square(apart), share));
    const ofUsers = spread(tf, user, inputs.userOfRow);
    const ofItems = spread(tf, item, inputs.itemOfRow);

    const half = inputs.uniformity / 2;
    const value = tf.add(alignment, tf.mul(tf.add(ofUsers.value, ofItems.value), half)) as Scalar;
    const pull = tf.mul(apart, tf.mul(share, 2));
    const userGradient = tf.add(pull, tf.mul(ofUsers.gradient, half)) as Tensor2D;
    const itemGradient = tf.sub(tf.mul(ofItems.gradient, half), pull) as Tensor2D;
    return [value, throughNorm(tf, userGradient, user), throughNorm(tf, itemGradient, item)];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items } };
}

/** F of unit rows, and its gradient by them. Zero where there are no two distinct rows. */
function spread(tf: TensorFlow, { unit }: UnitRows, idOfRow: Uint32Array | undefined) {
  const [batch] = unit.shape;
  const { pairs, count } = distinctPairs(idOfRow, batch);
  if (count === 0) return { value: tf.scalar(0), gradient: tf.zerosLike(unit) };
  // |X_b - X_c|^2 = 2 - 2 cos: the exponent is between -4 KERNEL and 0, and no exp overflows. // [B, B]
  const cosines = tf.matMul(unit, tf.transpose(unit));
  const kernel = tf.mul(tf.exp(tf.mul(tf.sub(cosines, 1), 2 * KERNEL)), tf.tensor2d(pairs, [batch, batch]));
  const total = tf.sum(kernel);
  // Each pair stands in the matrix twice.
  const gradient = tf.div(tf.mul(tf.matMul(kernel as Tensor2D, unit), 4 * KERNEL), total);
  return { value: tf.log(tf.div(total, count)), gradient };
}

/** 1 where two places are first appearances of different ids, and how many such places there are. [B, B] */
function distinctPairs(idOfRow: Uint32Array | undefined, batch: number) {
  const seen = new Set<number>();
  const firsts: number[] = [];
  for (let row = 0; row < batch; row++) {
    const id = idOfRow?.[row] ?? row;
    if (!seen.has(id)) firsts.push(row);
    seen.add(id);
  }
  const pairs = new Float32Array(batch * batch);
  for (const b of firsts) for (const c of firsts) if (b !== c) pairs[b * batch + c] = 1;
  return { pairs, count: firsts.length * (firsts.length - 1) };
}
