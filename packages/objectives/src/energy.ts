import type { DiscriminatorResult, JudgedSamples } from './adversarial.js';
import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/**
 * An autoencoder as a discriminator (Zhao et al., ICLR 2017) in the form of GANMF (Dervishaj and Cremonesi, SAC 2022): it
 * learns to give back what is real, and what is made worse by a margin of so many times:
 *   L_D = mean_b (r_b + max(0, m r_b - g_b)),   r, g the errors of real and made samples
 * Errors >= 0, row b of both about the same user.
 * @param margin m
 */
export function energyDiscriminatorLoss(tf: TensorFlow, samples: JudgedSamples, margin: number): DiscriminatorResult {
  const { real, made } = samples;
  const [loss, realSlope, madeSlope] = tf.tidy(() => {
    const [batch] = real.shape;
    const lacking = tf.relu(tf.sub(tf.mul(real, margin), made));
    const isLacking = tf.step(lacking);
    const ofReal = tf.div(tf.add(tf.mul(isLacking, margin), 1), batch);
    return [tf.mean(tf.add(real, lacking)), ofReal, tf.div(isLacking, -batch)];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { real: realSlope, made: madeSlope } };
}

/** Made samples as an autoencoder sees them. */
export interface MadeEnergies {
  /** g, [B, 1]: the error of each. */
  readonly energies: Tensor2D;
  /** [B, d]: the code of each. */
  readonly codes: Tensor2D;
}

/**
 * The generator's side: what it makes is given back well, and has the code of the user's real profile (feature matching):
 *   L_G = (1 - c) mean_b g_b + c mean_bk (code_bk - realCode_bk)^2
 * @param realCodes [B, d], which nothing of the generator enters
 * @param matching c, 0 .. 1
 */
export function energyGeneratorLoss(
  tf: TensorFlow,
  { energies, codes }: MadeEnergies,
  realCodes: Tensor2D,
  matching: number,
): LossResult<'energies' | 'codes'> {
  const [loss, energySlope, codeSlope] = tf.tidy(() => {
    const difference = tf.sub(codes, realCodes);
    const value = tf.add(tf.mul(tf.mean(energies), 1 - matching), tf.mul(tf.mean(tf.square(difference)), matching));
    const ofEnergy = tf.fill(energies.shape, (1 - matching) / energies.shape[0]);
    return [value, ofEnergy, tf.mul(difference, (2 * matching) / codes.size)];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { energies: energySlope, codes: codeSlope } };
}
