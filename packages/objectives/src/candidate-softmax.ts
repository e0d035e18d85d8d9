import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/** A batch of B questions, each with one right answer among candidates that all share. */
export interface CandidateSoftmaxInputs {
  /** q, [B, d] */
  readonly queries: Tensor2D;
  /** y, [B, d]: the right answer of each query. */
  readonly targets: Tensor2D;
  /** c, [K, d]: the wrong answers, the same for all. */
  readonly negatives: Tensor2D;
  /** [B, K]: 0, or MASKED where a negative is the right answer of the row itself. Undefined: it never is. */
  readonly mask?: Tensor2D | undefined;
  /** > 0 */
  readonly temperature: number;
}

/** The caller disposes all four tensors. */
export interface CandidateSoftmaxResult {
  readonly loss: Scalar;
  readonly gradients: { readonly queries: Tensor2D; readonly targets: Tensor2D; readonly negatives: Tensor2D };
}

/**
 * Cross-entropy of the right answer against negatives shared by the batch (sampled softmax; Klenitskiy and Vasilev,
 * RecSys 2023), on inner products as they are:
 *   z_bj = q_b . c_j / T + mask_bj,   z_b* = q_b . y_b / T
 *   L    = mean_b (log (exp z_b* + sum_j exp z_bj) - z_b*)
 * The gradient is derived by hand: three products and one softmax, no log-sum-exp.
 */
export function candidateSoftmaxLoss(tf: TensorFlow, inputs: CandidateSoftmaxInputs): CandidateSoftmaxResult {
  const { queries, targets, negatives, mask, temperature } = inputs;
  const [batch] = queries.shape;
  const [count] = negatives.shape;
  const perRow = 1 / (temperature * batch);
  const [loss, ...gradients] = tf.tidy(() => {
    const scaled = tf.div(queries, temperature) as Tensor2D;
    const own = tf.sum(tf.mul(scaled, targets), 1, true) as Tensor2D; // [B, 1]
    const others = tf.matMul(scaled, tf.transpose(negatives)) as Tensor2D; // [B, K]
    const similarity = tf.concat2d([own, mask === undefined ? others : tf.add(others, mask)], 1); // [B, 1 + K]
    const chance = tf.softmax(similarity) as Tensor2D;
    // log sum exp z = z_a - log softmax_a for any a; the largest never underflows.
    const logSum = tf.sub(tf.max(similarity, 1, true), tf.log(tf.max(chance, 1, true)));
    const value = tf.mean(tf.sub(logSum, own)) as Scalar;

    const missing = tf.mul(tf.sub(tf.slice2d(chance, [0, 0], [batch, 1]), 1), perRow); // [B, 1]
    const repulsion = tf.mul(tf.slice2d(chance, [0, 1], [batch, count]), perRow) as Tensor2D; // [B, K]
    const queryGradient = tf.add(tf.matMul(repulsion, negatives), tf.mul(targets, missing));
    const negativeGradient = tf.transpose(tf.matMul(tf.transpose(queries), repulsion)); // [K, d]
    return [value, queryGradient, tf.mul(queries, missing), negativeGradient];
  }) as [Scalar, Tensor2D, Tensor2D, Tensor2D];
  const [query, target, negative] = gradients;
  return { loss, gradients: { queries: query, targets: target, negatives: negative } };
}

/** The same loss as one operation that TensorFlow.js can differentiate through, for encoders that it differentiates. */
export function differentiableCandidateSoftmax(
  tf: TensorFlow,
  { queries, targets, negatives, ...rest }: CandidateSoftmaxInputs,
): Scalar {
  const operation = tf.customGrad((...args) => {
    const [q, t, n, save] = args as unknown as [Tensor2D, Tensor2D, Tensor2D, (tensors: Tensor2D[]) => void];
    const { loss, gradients } = candidateSoftmaxLoss(tf, { queries: q, targets: t, negatives: n, ...rest });
    save([gradients.queries, gradients.targets, gradients.negatives]);
    return { value: loss, gradFunc: (dy, saved) => saved.map((gradient) => tf.mul(gradient, dy)) };
  });
  return operation(queries, targets, negatives) as Scalar;
}
