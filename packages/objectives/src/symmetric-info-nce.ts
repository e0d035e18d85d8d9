import { infoNceLoss } from './info-nce.js';
import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** A batch of B pairs of two views of the same things: row b of `left` belongs to row b of `right`. */
export interface SymmetricInfoNceInputs {
  /** [B, d], of any length: the loss takes cosines. */
  readonly left: Tensor2D;
  /** [B, d] */
  readonly right: Tensor2D;
  /** > 0; below about .03 single precision no longer holds the smallest probabilities. */
  readonly temperature: number;
  /** [B]: weight of each pair in the means, > 0. Undefined: all 1. */
  readonly weights?: Float32Array | undefined;
}

/**
 * The loss of CLIP (Radford et al., ICML 2021): each side has to find its partner among the batch.
 *   z_bj = cos(l_b, r_j) / T
 *   L    = (mean_b (log sum_j exp z_bj - z_bb) + mean_b (log sum_j exp z_jb - z_bb)) / 2
 * It is the mean of `infoNceLoss` asked both ways, and so is its gradient.
 */
export function symmetricInfoNceLoss(tf: TensorFlow, inputs: SymmetricInfoNceInputs): LossResult<'left' | 'right'> {
  const { left: l, right: r, temperature, weights } = inputs;
  const [loss, left, right] = tf.tidy(() => {
    const forth = infoNceLoss(tf, { users: l, items: r, temperature, weights });
    const back = infoNceLoss(tf, { users: r, items: l, temperature, weights });
    const mean = <T extends Scalar | Tensor2D>(a: T, b: T): T => tf.mul(tf.add(a, b), 0.5) as T;
    return [
      mean(forth.loss, back.loss),
      mean(forth.gradients.users, back.gradients.items),
      mean(forth.gradients.items, back.gradients.users),
    ];
  }) as [Scalar, Tensor2D, Tensor2D];
  return { loss, gradients: { left, right } };
}
