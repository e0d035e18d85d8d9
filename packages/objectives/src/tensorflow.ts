import type { TensorFlow } from '@kindred/compute';

/** Losses compute with the engine's own instance of TensorFlow.js, handed in, so that nothing is loaded twice. */
export type { TensorFlow };
export type Scalar = ReturnType<TensorFlow['scalar']>;
export type Tensor2D = ReturnType<TensorFlow['tensor2d']>;
