import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

export interface CompositePriorInputs {
  /** z, [B, z]: one sample of each row's posterior. */
  readonly latents: Tensor2D;
  /** m, [B, z] */
  readonly means: Tensor2D;
  /** v = log of the variance, [B, z] */
  readonly logVariances: Tensor2D;
  /** m', [B, z]: the posterior's mean by the encoder of an epoch ago. */
  readonly oldMeans: Tensor2D;
  /** v', [B, z] */
  readonly oldLogVariances: Tensor2D;
  /** [B]: what the divergence of each row counts. */
  readonly weights: Float32Array;
}

export type CompositePriorResult = LossResult<'latents' | 'means' | 'logVariances'>;

/** Shares of the three parts, and the log variance of the wide one, as in the paper's code. */
const SHARES = { standard: 0.15, old: 0.75, wide: 0.1 };
const WIDE_LOG_VARIANCE = 10;

/**
 * The divergence from the composite prior of RecVAE (Shenbin et al., WSDM 2020), estimated by one sample a row:
 *   L = mean_b w_b (log N(z_b; m_b, exp v_b) - log p_b(z_b))
 *   p_b = .15 N(0, 1) + .75 N(m'_b, exp v'_b) + .1 N(0, exp 10)
 * the old posterior in it holding training to what it had. The gradient by z, m and v as three inputs, derived by hand: the
 * caller's z = m + exp(v / 2) e brings the first to the other two.
 */
export function compositePriorLoss(tf: TensorFlow, inputs: CompositePriorInputs): CompositePriorResult {
  const { latents, means, logVariances, oldMeans, oldLogVariances, weights } = inputs;
  const [loss, ...gradients] = tf.tidy(() => {
    const share = tf.div(tf.tensor2d(weights, [weights.length, 1]), weights.length);
    const zeros = tf.zerosLike(means);
    const own = gaussianOf(tf, latents, means, logVariances);
    const parts = [
      { share: SHARES.standard, ...gaussianOf(tf, latents, zeros, zeros) },
      { share: SHARES.old, ...gaussianOf(tf, latents, oldMeans, oldLogVariances) },
      { share: SHARES.wide, ...gaussianOf(tf, latents, zeros, tf.fill(means.shape, WIDE_LOG_VARIANCE) as Tensor2D) },
    ];
    const logs = tf.concat(
      parts.map((part) => tf.add(part.log, Math.log(part.share))),
      1,
    ) as Tensor2D; // [B, 3]
    const largest = tf.max(logs, 1, true);
    const terms = tf.exp(tf.sub(logs, largest)) as Tensor2D;
    const sum = tf.sum(terms, 1, true);
    const logPrior = tf.add(tf.log(sum), largest); // [B, 1]
    const value = tf.sum(tf.mul(tf.sub(own.log, logPrior), share)) as Scalar;

    const chances = tf.split(tf.div(terms, sum) as Tensor2D, parts.length, 1);
    const priorSlope = parts
      .map((part, k) => tf.mul(part.slope, chances[k] as Tensor2D)) // d log p / dz
      .reduce((total, slope) => tf.add(total, slope));
    const scaledSquare = tf.mul(tf.square(own.slope), tf.exp(logVariances)); // (z - m)^2 / exp v
    return [
      value,
      tf.mul(tf.sub(own.slope, priorSlope), share),
      tf.mul(tf.neg(own.slope), share),
      tf.mul(tf.mul(tf.sub(scaledSquare, 1), 0.5), share),
    ];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  const [latentGradient, meanGradient, varianceGradient] = gradients as [Tensor2D, Tensor2D, Tensor2D];
  return { loss, gradients: { latents: latentGradient, means: meanGradient, logVariances: varianceGradient } };
}

/** log N(z; m, exp v) of each row [B, 1], and its slope in z [B, z], -(z - m) / exp v. */
function gaussianOf(tf: TensorFlow, latents: Tensor2D, means: Tensor2D, logVariances: Tensor2D) {
  const distance = tf.sub(latents, means);
  const slope = tf.neg(tf.mul(distance, tf.exp(tf.neg(logVariances)))) as Tensor2D;
  const spread = tf.add(logVariances, Math.log(2 * Math.PI));
  const twice = tf.sum(tf.sub(tf.mul(distance, slope), spread), 1, true);
  return { log: tf.mul(twice, 0.5) as Tensor2D, slope };
}
