import { softmaxWeights, type Tensor2D, type TensorFlow } from '@kindred/objectives';
import type { ProfileBatch } from '../autoencoder/profile-generator.js';
import type { Seen } from './game.js';
import type { ProfileMasks } from './profile-masks.js';

/** Whose profiles are made, and what of them is seen. */
interface MadeFor {
  readonly batch: ProfileBatch;
  /** Absent: all of all. */
  readonly masks: ProfileMasks | undefined;
  /** m, [B]: what a profile sums up to. */
  readonly masses: Float32Array;
}

/** h, [B, h], and W of the candidates, [K, h] */
interface Generated {
  readonly hidden: Tensor2D;
  readonly items: Tensor2D;
}

/** Made profiles that nothing is learned by: m p M is the weights times the scale. */
interface MadeProfiles {
  readonly weights: Tensor2D; // [B, K]
  readonly scale: Tensor2D; // [B, 1]
}

/** What a discriminator sees of made profiles. */
export type SeenOfMade = Pick<Seen, 'rows' | 'squares'>;

export function makeProfiles(tf: TensorFlow, asked: MadeFor, { hidden, items }: Generated): MadeProfiles {
  const { batch, masses } = asked;
  const { weights, scale } = tf.tidy(() => {
    const { weights: all, sums } = softmaxWeights(tf, hidden, items, batch.offsets);
    return {
      weights: masked(tf, asked, all),
      scale: tf.div(tf.tensor2d(masses, [masses.length, 1]), sums) as Tensor2D,
    };
  });
  return { weights, scale };
}

/** @param items Q, [K, w]: what each candidate is seen as */
export function seenOfMade(
  tf: TensorFlow,
  asked: MadeFor,
  { weights, scale }: MadeProfiles,
  items: Tensor2D,
): SeenOfMade {
  return {
    rows: tf.mul(tf.matMul(weights, items), scale) as Tensor2D,
    squares: () => squaresOf(tf, asked, tf.mul(weights, scale) as Tensor2D),
  };
}

/** m p, [B, K], differentiated by TensorFlow.js. */
export function distribution(tf: TensorFlow, { batch, masses }: MadeFor, { hidden, items }: Generated): Tensor2D {
  const logits = tf.add(tf.matMul(hidden, items, false, true), tf.tensor1d(batch.offsets));
  return tf.mul(tf.softmax(logits), tf.tensor2d(masses, [masses.length, 1]));
}

/** What is seen of profiles, [B, K]. */
export function masked(tf: TensorFlow, { masks }: MadeFor, profiles: Tensor2D): Tensor2D {
  return masks === undefined ? profiles : tf.mul(profiles, tf.tensor2d(masks.seen, profiles.shape));
}

/** |x|^2 of each row over the catalogue, [B, 1]. */
export function squaresOf(tf: TensorFlow, { batch }: MadeFor, profiles: Tensor2D): Tensor2D {
  return tf.sum(tf.div(tf.square(profiles), tf.tensor1d(countsOf(batch))), 1, true);
}

/** Of items that each candidate stands for, [K]. */
export function countsOf({ candidates }: ProfileBatch): Float32Array {
  return Float32Array.from(candidates.logCounts, Math.exp);
}
