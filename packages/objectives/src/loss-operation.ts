import type { LossResult } from './loss-result.js';
import type { Scalar, Tensor2D, TensorFlow } from './tensorflow.js';

/**
 * A loss with its gradient by hand as one operation that TensorFlow.js differentiates through, for encoders that it
 * differentiates.
 * @param inputs what the loss is differentiated by, each under the name of its gradient
 */
export function lossOperation<Input extends string>(
  tf: TensorFlow,
  inputs: Readonly<Record<Input, Tensor2D>>,
  loss: (inputs: Readonly<Record<Input, Tensor2D>>) => LossResult<Input>,
): Scalar {
  const names = Object.keys(inputs) as Input[];
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (tensors: Tensor2D[]) => void;
    const given = Object.fromEntries(names.map((name, k) => [name, args[k]])) as unknown as Record<Input, Tensor2D>;
    const { loss: value, gradients } = loss(given);
    save(names.map((name) => gradients[name]));
    return { value, gradFunc: (dy, saved) => saved.map((gradient) => tf.mul(gradient, dy)) };
  });
  return operation(...names.map((name) => inputs[name])) as Scalar;
}
