import { columnLogits, MASKED } from './logits.js';
import { rowShares } from './row-shares.js';
import {
  positiveCosines,
  type SharedNegativesInputs,
  type SharedNegativesResult,
  sharedRows,
  throughSharedCosines,
} from './shared-negatives.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

export interface BslInputs extends SharedNegativesInputs {
  /** > 0; below about .03 single precision no longer holds the smallest probabilities. */
  readonly temperature: number;
  /** t2, > 0: power of the negatives' sum. 1 is the softmax loss without the positive in the denominator. */
  readonly negativePower: number;
  /**
   * The positive side of the paper: rows of one user are pooled at temperature `temperature`, the lower the more the
   * best-fitting of them count, so that a noisy positive pulls less. Undefined: every row by itself.
   */
  readonly positives?: { readonly temperature: number /** [B] */; readonly userOfRow: Uint32Array } | undefined;
}

/**
 * BSL, the bilateral softmax loss (Wu et al., ICDE 2024; arXiv 2312.12882):
 *   L = sum_b a_b (-(T1 / T) log mean_{i in P_b} exp(s_i / T1) + t2 log sum_k exp(s_bk / T)) / sum_b a_b
 * s are cosines, P_b the rows of the batch with the user of row b, s_i the cosine of the positive pair of row i. With
 * P_b = {b} the first term is -s_b / T whatever T1 is, and the loss is the one of the authors' code,
 * -ln(e^{s/T} / (sum e^{s_k/T})^t2). A row whose negatives are all masked has no second term. The gradient is by hand.
 */
export function bslLoss(tf: TensorFlow, inputs: BslInputs): SharedNegativesResult {
  const [loss, users, items, negatives] = tf.tidy(() => {
    const { temperature, negativePower, mask } = inputs;
    const rows = sharedRows(tf, inputs);
    const [batch] = inputs.users.shape;
    const share = tf.tensor2d(rowShares(inputs.weights, batch), [batch, 1]);
    const attraction = positiveSide(tf, positiveCosines(tf, rows), share, inputs);

    const none = new Float32Array(inputs.negatives.shape[0]);
    const free = columnLogits(tf, rows.user.unit, rows.negative.unit, temperature, none);
    const logits = mask === undefined ? free : tf.add(free, mask); // [B, K]
    const chance = tf.softmax(logits) as Tensor2D;
    const highest = tf.max(logits, 1, true);
    const alive = tf.mul(tf.cast(tf.greater(highest, MASKED / 2), 'float32'), share); // [B, 1]
    const logSum = tf.sub(highest, tf.log(tf.max(chance, 1, true))); // the likeliest never underflows
    const repulsion = tf.mul(tf.sum(tf.mul(logSum, alive)), negativePower);
    const negativeSlope = tf.mul(chance, tf.mul(alive, negativePower / temperature)) as Tensor2D;
    return [
      tf.sub(repulsion, attraction.value) as Scalar,
      ...throughSharedCosines(tf, rows, attraction.slope, negativeSlope),
    ];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}

/** The first term without its sign, and the slope of the loss in each positive's cosine, [B, 1]. */
function positiveSide(tf: TensorFlow, cosines: Tensor2D, share: Tensor2D, { temperature, positives }: BslInputs) {
  if (positives === undefined) {
    return {
      value: tf.div(tf.sum(tf.mul(cosines, share)), temperature),
      slope: tf.div(share, -temperature) as Tensor2D,
    };
  }
  const [batch] = cosines.shape;
  const scaled = tf.div(tf.reshape(cosines, [1, batch]), positives.temperature);
  const rowsOfUser = rowsByUser(positives.userOfRow);
  const pools = tf.add(scaled, tf.tensor2d(otherUsers(rowsOfUser, batch), [batch, batch])); // [B, B]
  const chance = tf.softmax(pools) as Tensor2D;
  const poolSizes = Float32Array.from(positives.userOfRow, (user) => rowsOfUser.get(user)?.length ?? 0);
  const sizes = tf.tensor2d(poolSizes, [batch, 1]);
  // log mean = log sum - log size, log sum = highest logit - log of its chance
  const logMean = tf.sub(tf.max(pools, 1, true), tf.log(tf.mul(tf.max(chance, 1, true), sizes)));
  const slope = tf.transpose(tf.matMul(tf.transpose(share), chance)); // sum over the rows of a pool
  return {
    value: tf.mul(tf.sum(tf.mul(logMean, share)), positives.temperature / temperature),
    slope: tf.div(slope, -temperature) as Tensor2D,
  };
}

function rowsByUser(userOfRow: Uint32Array): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  userOfRow.forEach((user, row) => {
    const own = rows.get(user);
    if (own === undefined) rows.set(user, [row]);
    else own.push(row);
  });
  return rows;
}

/** MASKED where two rows are of different users. [B, B] */
function otherUsers(rowsOfUser: ReadonlyMap<number, readonly number[]>, batch: number): Float32Array {
  const mask = new Float32Array(batch * batch).fill(MASKED);
  for (const rows of rowsOfUser.values()) for (const b of rows) for (const c of rows) mask[b * batch + c] = 0;
  return mask;
}
