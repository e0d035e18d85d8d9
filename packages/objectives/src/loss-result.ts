import type { Scalar, Tensor2D } from './tensorflow.js';

/** A loss and its gradient by each of the inputs named. The caller disposes all the tensors. */
export interface LossResult<Input extends string> {
  readonly loss: Scalar;
  readonly gradients: Readonly<Record<Input, Tensor2D>>;
}
