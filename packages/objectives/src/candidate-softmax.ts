import { MASKED } from './logits.js';
import { lossOperation } from './loss-operation.js';
import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** A batch of B questions, each with one right answer, and candidates that all of them share. */
export interface CandidateSoftmaxInputs {
  /** q, [B, d] */
  readonly queries: Tensor2D;
  /** y, [B, d]: the right answer of each query. */
  readonly targets: Tensor2D;
  /** c, [K, d]: distinct candidates, wrong answers but where `isCandidate` says otherwise. */
  readonly candidates: Tensor2D;
  /** [B]: 1 where the row's right answer is among the candidates too, else 0; so that it enters the sum once. */
  readonly isCandidate: Float32Array;
  /** > 0 */
  readonly temperature: number;
}

export type CandidateSoftmaxResult = LossResult<'queries' | 'targets' | 'candidates'>;

/**
 * Cross-entropy of the right answer against shared candidates: the sampled softmax of Klenitskiy and Vasilev (RecSys
 * 2023), and the full one where the candidates are all items. On inner products as they are:
 *   z_bj = q_b . c_j / T,   z_b* = q_b . y_b / T
 *   L    = mean_b (log (sum_j exp z_bj + [y_b is no candidate] exp z_b*) - z_b*)
 * The gradient is derived by hand. It divides by the sum of a row on the side of the products where that is small, so
 * that only four operations touch all of [B, K] beside the three products. A right answer that is a candidate too
 * gets its gradient in two parts, for `targets` and for `candidates`: the caller adds both up on the item.
 */
export function candidateSoftmaxLoss(tf: TensorFlow, inputs: CandidateSoftmaxInputs): CandidateSoftmaxResult {
  const { queries, targets, candidates, isCandidate, temperature } = inputs;
  const batch = isCandidate.length;
  const [loss, query, target, candidate] = tf.tidy(() => {
    const scaled = tf.div(queries, temperature) as Tensor2D;
    const right = tf.sum(tf.mul(scaled, targets), 1, true); // z*, [B, 1]
    const twice = tf.tensor2d(isCandidate, [batch, 1]);
    const own = tf.add(right, tf.mul(twice, MASKED)); // [B, 1]
    const similarity = tf.matMul(scaled, tf.transpose(candidates)); // z, [B, K]
    const largest = tf.maximum(tf.max(similarity, 1, true), own);
    const weights = tf.exp(tf.sub(similarity, largest)) as Tensor2D; // [B, K]
    const ownWeight = tf.exp(tf.sub(own, largest));
    const sum = tf.add(tf.sum(weights, 1, true), ownWeight);
    const value = tf.mean(tf.sub(tf.add(tf.log(sum), largest), right)) as Scalar;

    const share = tf.div(1 / (temperature * batch), sum); // of a weight in the gradient, [B, 1]
    const missing = tf.sub(tf.mul(ownWeight, share), 1 / (temperature * batch)); // [B, 1]
    const queryGradient = tf.add(tf.mul(tf.matMul(weights, candidates), share), tf.mul(targets, missing));
    const pushed = tf.matMul(tf.transpose(tf.mul(queries, share) as Tensor2D), weights); // [d, K]
    return [value, queryGradient, tf.mul(queries, missing), tf.transpose(pushed)];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { queries: query, targets: target, candidates: candidate } };
}

/** The same loss as one operation that TensorFlow.js differentiates through, for encoders that it differentiates. */
export function candidateSoftmaxOperation(tf: TensorFlow, inputs: CandidateSoftmaxInputs): Scalar {
  const { queries, targets, candidates } = inputs;
  return lossOperation(tf, { queries, targets, candidates }, (given) =>
    candidateSoftmaxLoss(tf, { ...inputs, ...given }),
  );
}
