import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** What a discriminator says of as many real samples as made ones. */
export interface JudgedSamples {
  /** [B, 1] */
  readonly real: Tensor2D;
  /** [B', 1] */
  readonly made: Tensor2D;
}

export type DiscriminatorResult = LossResult<'real' | 'made'>;
export type GeneratorResult = LossResult<'made'>;

/**
 * The discriminator's side of the game of Goodfellow et al. (NeurIPS 2014), on logits l: it learns to say real of what is real.
 *   L_D = mean -log s(l_real) + mean -log (1 - s(l_made)) = mean softplus(-l_real) + mean softplus(l_made)
 */
export function discriminatorLoss(tf: TensorFlow, { real, made }: JudgedSamples): DiscriminatorResult {
  const [loss, realSlope, madeSlope] = tf.tidy(() => {
    const value = tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(made)));
    // d softplus(-l) = -s(-l), which does not lose the digits of 1 - s(l) where l is large
    const ofReal = tf.div(tf.sigmoid(tf.neg(real)), -real.shape[0]);
    return [value, ofReal, tf.div(tf.sigmoid(made), made.shape[0])];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { real: realSlope, made: madeSlope } };
}

/**
 * The generator's side, not saturating: it learns to make what is called real.
 *   L_G = mean -log s(l_made) = mean softplus(-l_made)
 * The gradient of log (1 - s(l)), the other side of L_D, vanishes where the generator is worst; this one is largest there.
 * @param made l_made, [B, 1]
 */
export function generatorLoss(tf: TensorFlow, made: Tensor2D): GeneratorResult {
  const [loss, slope] = tf.tidy(() => {
    const against = tf.neg(made);
    return [tf.mean(tf.softplus(against)), tf.div(tf.sigmoid(against), -made.shape[0])];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { made: slope } };
}
