import type { DiscriminatorResult, GeneratorResult, JudgedSamples } from './adversarial.js';
import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/**
 * The critic's side of the Wasserstein game (Arjovsky et al., ICML 2017): its scores of what is real stand as far above those
 * of what is made as a slope of 1 lets them, and -L_D is then the distance between both.
 *   L_D = mean f_made - mean f_real
 */
export function wassersteinCriticLoss(tf: TensorFlow, { real, made }: JudgedSamples): DiscriminatorResult {
  const [loss, realSlope, madeSlope] = tf.tidy(() => [
    tf.sub(tf.mean(made), tf.mean(real)),
    tf.fill(real.shape, -1 / real.shape[0]),
    tf.fill(made.shape, 1 / made.shape[0]),
  ]) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { real: realSlope, made: madeSlope } };
}

/** The generator's side: L_G = -mean f_made. @param made f_made, [B, 1] */
export function wassersteinGeneratorLoss(tf: TensorFlow, made: Tensor2D): GeneratorResult {
  const [loss, slope] = tf.tidy(() => [tf.neg(tf.mean(made)), tf.fill(made.shape, -1 / made.shape[0])]) as [
    Scalar,
    Tensor2D,
  ];
  return { loss, gradients: { made: slope } };
}

/** Keeps the root differentiable where a slope vanishes. */
const EPSILON = 1e-12;

/**
 * What holds the slope of a critic by its input to 1 (Gulrajani et al., NeurIPS 2017):
 *   L = mean_b (sqrt s_b - 1)^2,   s_b the squared length of df/dx at the sample x_b
 * The slope has to come as a function of the critic's weights that TensorFlow.js can differentiate once: grad of grad is
 * not to be had of it (that of tanh comes out wrong without a word, for leakyRelu and elu there is none).
 * @param squaredSlopes s, [B, 1]
 */
export function gradientPenaltyLoss(tf: TensorFlow, squaredSlopes: Tensor2D): LossResult<'squaredSlopes'> {
  const [loss, gradient] = tf.tidy(() => {
    const excess = tf.sub(tf.sqrt(tf.add(squaredSlopes, EPSILON)), 1);
    const root = tf.add(excess, 1);
    return [tf.mean(tf.square(excess)), tf.div(tf.div(excess, root), squaredSlopes.shape[0])];
  }) as [Scalar, Tensor2D];
  return { loss, gradients: { squaredSlopes: gradient } };
}
