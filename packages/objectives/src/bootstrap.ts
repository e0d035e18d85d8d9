import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';
import { throughNorm, unitRows } from './unit-rows.js';

export interface BootstrapInputs {
  /** x, [B, d]: rows of the online table. */
  readonly online: Tensor2D;
  /** W, [d, d]: the predictor, q(x) = x W. */
  readonly predictor: Tensor2D;
  /** t, [B, d]: what row b is to predict, rows of the target table. A constant: this is the stop-gradient. */
  readonly targets: Tensor2D;
}

/**
 * The loss of BYOL (Grill et al., NeurIPS 2020) with the linear predictor of BUIR (Lee et al., SIGIR 2021):
 *   L = 1 / B sum_b (2 - 2 cos(x_b W, t_b))
 * There are no negatives: what keeps everything from becoming one point is that only the online side, through a
 * predictor, runs after a target that moves slowly.
 */
export function bootstrapLoss(
  tf: TensorFlow,
  { online, predictor, targets }: BootstrapInputs,
): LossResult<'online' | 'predictor'> {
  const [loss, onlineGradient, predictorGradient] = tf.tidy(() => {
    const batch = online.shape[0];
    const predicted = unitRows(tf, tf.matMul(online, predictor));
    const target = unitRows(tf, targets).unit;
    const cosines = tf.sum(tf.mul(predicted.unit, target), 1);
    const value = tf.sub(2, tf.mul(tf.mean(cosines), 2)) as Scalar;
    const gradient = throughNorm(tf, tf.mul(target, -2 / batch) as Tensor2D, predicted); // of x W
    return [
      value,
      tf.matMul(gradient, tf.transpose(predictor)) as Tensor2D,
      tf.matMul(tf.transpose(online), gradient) as Tensor2D,
    ];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { online: onlineGradient, predictor: predictorGradient } };
}
