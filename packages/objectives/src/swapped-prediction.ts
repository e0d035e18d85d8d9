import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, unitRows } from './unit-rows.js';

export interface SwappedPredictionInputs {
  /** [B, d], of any length: the loss takes cosines. */
  readonly views: Tensor2D;
  /** [S, d], of any length. */
  readonly prototypes: Tensor2D;
  /** q, [B, S], rows sum to 1: the code of ANOTHER view of what row b shows. A constant. */
  readonly codes: Tensor2D;
  /** > 0 */
  readonly temperature: number;
}

/**
 * Each view predicts the code of the other (Caron et al., SwAV, NeurIPS 2020):
 *   z_bs = cos(x_b, c_s) / T,   L = - 1 / B sum_b sum_s q_bs log softmax(z_b)_s
 * Codes come from `sinkhornCodes`.
 */
export function swappedPredictionLoss(
  tf: TensorFlow,
  inputs: SwappedPredictionInputs,
): LossResult<'views' | 'prototypes'> {
  const [loss, views, prototypes] = tf.tidy(() => {
    const { codes, temperature } = inputs;
    const batch = inputs.views.shape[0];
    const view = unitRows(tf, inputs.views);
    const prototype = unitRows(tf, inputs.prototypes);
    const scaled = tf.div(view.unit, temperature) as Tensor2D;
    const similarity = tf.matMul(scaled, tf.transpose(prototype.unit)) as Tensor2D; // [B, S]
    const value = tf.neg(tf.mean(tf.sum(tf.mul(codes, tf.logSoftmax(similarity)), 1))) as Scalar;

    const error = tf.div(tf.sub(tf.softmax(similarity), codes), batch) as Tensor2D; // dz
    const viewGradient = tf.div(tf.matMul(error, prototype.unit), temperature) as Tensor2D;
    const prototypeGradient = tf.transpose(tf.matMul(tf.transpose(scaled), error)) as Tensor2D; // [S, d]
    return [value, throughNorm(tf, viewGradient, view), throughNorm(tf, prototypeGradient, prototype)];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { views, prototypes } };
}
