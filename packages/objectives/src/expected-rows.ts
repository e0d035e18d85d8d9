import { softmaxWeights } from './softmax-weights.js';
import type { Tensor2D, TensorFlow } from './tensorflow.js';

export interface ExpectedRowsInputs {
  /** h, [B, d] */
  readonly hidden: Tensor2D;
  /** W, [K, d] */
  readonly items: Tensor2D;
  /** c, [K]: what stands beside each inner product. */
  readonly offsets: Float32Array;
  /** Q, [K, w]: what each item is seen as. It is given, and gets no gradient. */
  readonly seen: Tensor2D;
  /** M, [B, K]: what is seen of each item by each row; absent: all of all. */
  readonly mask?: Tensor2D | undefined;
}

export interface ExpectedRows {
  /** e, [B, w] */
  readonly rows: Tensor2D;
  /** [B, 1]: log sum_j exp z_uj */
  readonly logSums: Tensor2D;
}

/**
 * What a softmax over the items expects to be seen, and the logarithm of its sum, as one operation:
 *   z_uj = h_u . W_j + c_j,   p_u = softmax(z_u),   e_u = sum_j p_uj M_uj Q_j
 * The gradient is derived by hand: with g the slopes by e and l those by the logarithms,
 *   dz_uj = p_uj (M_uj g_u . Q_j - g_u . e_u + l_u)
 * where without a mask the last two terms are one more dimension of the product, so that a pass over the large matrix is saved;
 * the sum of a row is divided by on the side where that is small.
 */
export function expectedRows(tf: TensorFlow, { hidden, items, offsets, seen, mask }: ExpectedRowsInputs): ExpectedRows {
  const width = seen.shape[1];
  const operation = tf.customGrad((...args) => {
    const [h, w, save] = args as unknown as [Tensor2D, Tensor2D, (tensors: Tensor2D[]) => void];
    const { weights, sums, logSums } = softmaxWeights(tf, h, w, offsets);
    const rows = tf.div(tf.matMul(masked(tf, weights, mask), seen), sums) as Tensor2D;
    // All that the gradient goes by: what is not saved is gone after the forward pass.
    save([h, w, weights, sums, rows, seen, ...(mask === undefined ? [] : [mask])]);
    const gradFunc = (slopes: unknown, saved: unknown) => {
      const [h0, w0, e, sum, expected, q, m] = saved as Saved;
      const byRows = tf.slice2d(slopes as Tensor2D, [0, 0], [-1, width]); // g
      const byLogs = tf.slice2d(slopes as Tensor2D, [0, width], [-1, 1]); // l
      const level = tf.div(tf.sub(byLogs, tf.sum(tf.mul(byRows, expected), 1, true)), sum) as Tensor2D;
      const by = slopesOfLogits(tf, e, tf.div(byRows, sum) as Tensor2D, level, q, m);
      return [tf.matMul(by, w0), tf.matMul(by, h0, true)];
    };
    return { value: tf.concat2d([rows, logSums], 1), gradFunc };
  });
  const both = operation(hidden, items) as Tensor2D;
  return { rows: tf.slice2d(both, [0, 0], [-1, width]), logSums: tf.slice2d(both, [0, width], [-1, 1]) };
}

function masked(tf: TensorFlow, weights: Tensor2D, mask: Tensor2D | undefined): Tensor2D {
  return mask === undefined ? weights : tf.mul(weights, mask);
}

type Saved = [Tensor2D, Tensor2D, Tensor2D, Tensor2D, Tensor2D, Tensor2D, Tensor2D | undefined];

/** @param weights exp of the logits, p times the sums @param byRows g over the sums @param level (l - g . e) over the sums */
function slopesOfLogits(
  tf: TensorFlow,
  weights: Tensor2D,
  byRows: Tensor2D,
  level: Tensor2D,
  seen: Tensor2D,
  mask: Tensor2D | undefined,
): Tensor2D {
  if (mask === undefined) {
    const ones = tf.ones([seen.shape[0], 1]) as Tensor2D;
    const wide = tf.matMul(tf.concat2d([byRows, level], 1), tf.concat2d([seen, ones], 1), false, true);
    return tf.mul(weights, wide);
  }
  return tf.mul(weights, tf.add(tf.mul(tf.matMul(byRows, seen, false, true), mask), level));
}
