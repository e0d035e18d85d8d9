import { columnLogits, correctionOf, softmaxContrast } from './logits.js';
import { rowShares } from './row-shares.js';
import {
  positiveCosines,
  type SharedNegativesInputs,
  type SharedNegativesResult,
  sharedRows,
  throughSharedCosines,
} from './shared-negatives.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

export interface SampledSoftmaxInputs extends SharedNegativesInputs {
  /** > 0; below about .03 single precision no longer holds the smallest probabilities. */
  readonly temperature: number;
  /** [K]: log of the probability with which one draw gives each negative. Undefined: no correction. */
  readonly logQ?: Float32Array | undefined;
  /** [B]: the same of each row's positive; the constant log K may be left out of both. Undefined: no correction. */
  readonly positiveLogQ?: Float32Array | undefined;
}

/**
 * Sampled softmax: the positive against K shared negatives, an estimate of the softmax over the whole catalogue
 * (Bengio and Senécal, IEEE Transactions on Neural Networks 19(4), 2008; for recommenders Yi et al., RecSys 2019):
 *   z_b0 = cos(u_b, v_b) / T - log Q(v_b),   z_bk = cos(u_b, w_k) / T - log Q(w_k) + mask_bk
 *   L    = sum_b a_b (log sum_{k >= 0} exp z_bk - z_b0) / sum_b a_b
 * Accidental hits (negatives that the user has) are taken out by the mask. The gradient is by hand.
 */
export function sampledSoftmaxLoss(tf: TensorFlow, inputs: SampledSoftmaxInputs): SharedNegativesResult {
  const [loss, users, items, negatives] = tf.tidy(() => {
    const { temperature, mask } = inputs;
    const rows = sharedRows(tf, inputs);
    const [batch] = inputs.users.shape;
    const [count] = inputs.negatives.shape;
    const correction = tf.tensor2d(correctionOf(inputs.positiveLogQ, batch), [batch, 1]);
    const own = tf.add(tf.div(positiveCosines(tf, rows), temperature), correction) as Tensor2D; // [B, 1]
    const logQ = correctionOf(inputs.logQ, count);
    const others = columnLogits(tf, rows.user.unit, rows.negative.unit, temperature, logQ); // [B, K]
    const share = tf.tensor2d(rowShares(inputs.weights, batch), [batch, 1]);
    const { value, ...slopes } = softmaxContrast(tf, own, mask === undefined ? others : tf.add(others, mask), share);
    const byCosine = (slope: Tensor2D) => tf.div(slope, temperature) as Tensor2D;
    return [value, ...throughSharedCosines(tf, rows, byCosine(slopes.positiveSlope), byCosine(slopes.negativeSlope))];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { users, items, negatives } };
}
