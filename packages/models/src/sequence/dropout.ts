import type { Random } from '@kindred/domain';
import type { Tensor2D, TensorFlow } from '@kindred/objectives';

/** Values with a share of them left out at random, the others enlarged to make up for it (Srivastava et al., 2014). */
export type Dropout = (values: Tensor2D) => Tensor2D;

/** Dropout from a seeded stream, so that a run gives the same bytes twice, whatever the engine's own generator does. */
export function createDropout(tf: TensorFlow, share: number, random: Random): Dropout {
  if (share === 0) return (values) => values;
  return (values) => tf.mul(values, tf.tensor2d(dropMask(values.size, share, random), values.shape));
}

/** 0 with probability `share`, else 1 / (1 - share). Two places for each word of the stream. */
function dropMask(size: number, share: number, random: Random): Float32Array {
  const kept = 1 / (1 - share);
  const border = Math.round(share * 0x1_0000);
  const mask = new Float32Array(size);
  for (let k = 0; k < size; k += 2) {
    const word = random.uint32();
    mask[k] = (word & 0xffff) < border ? 0 : kept;
    if (k + 1 < size) mask[k + 1] = word >>> 16 < border ? 0 : kept;
  }
  return mask;
}
