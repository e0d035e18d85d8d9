import type { TensorFlow } from '@kindred/compute';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';

/** Losses compute with the engine's own instance of TensorFlow.js, handed in, so that nothing is loaded twice. */
export type { Scalar, Tensor2D, TensorFlow };
