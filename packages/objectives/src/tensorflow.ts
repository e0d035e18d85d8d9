import type * as tensorflow from '@tensorflow/tfjs';

/** The TensorFlow.js instance that a loss computes with: the engine's own, so that nothing is loaded twice. */
export type TensorFlow = typeof tensorflow;
export type Scalar = tensorflow.Scalar;
export type Tensor2D = tensorflow.Tensor2D;
