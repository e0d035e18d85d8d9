import type { Random } from '@kindred/domain';
import type { Scalar, Tensor2D, TensorFlow } from '@kindred/objectives';
import type { LayersEncoder } from '../artefact/index.js';
import type { TrainedTable } from '../run-state.js';

/** A batch of B users, as a body sees it before the engine computes. */
export interface BodyBatch {
  /** [B] */
  readonly users: Uint32Array;
  /** s, [B, h]: the sums of the corrupted profiles. */
  readonly sums: Float32Array;
  /** n, [B] */
  readonly positiveWeights: Float32Array;
  /** How much of the planned training is done, 0 .. 1. */
  readonly progress: number;
  /** Where chance is drawn from by who only looks; absent: the body's own stream, which training goes by. */
  readonly random?: Random | undefined;
}

/**
 * What a body makes of the sums, in the engine, differentiated by it.
 * @param weights of the body's layers, in order, [inputs + 1, outputs], the bias as the last row
 */
export type Forward = (tf: TensorFlow, sums: Tensor2D, weights: readonly Tensor2D[]) => ForwardResult;

interface ForwardResult {
  /** The last activations, [B, d]. */
  readonly hidden: Tensor2D;
  /** What the loss has beside the likelihood. */
  readonly penalty?: Scalar | undefined;
}

/**
 * What lies between the sum of a profile and the hidden activations that rank the items: what the autoencoders differ in,
 * and the bodies of the generators in ../gan.
 */
export interface AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  /** Draws what the step has of chance. */
  prepare(batch: BodyBatch): Forward;
  /** After every epoch, before its end is saved. */
  closeEpoch?(): void;
  /** The layers that serve. Arrays are copies. */
  served(): Pick<LayersEncoder, 'layers' | 'spread' | 'noise'>;
}

/** x W + b. @param weights [inputs + 1, outputs], the bias as the last row */
export function denseLayer(tf: TensorFlow, inputs: Tensor2D, weights: Tensor2D): Tensor2D {
  const [rows, outputs] = weights.shape;
  const matrix = tf.slice2d(weights, [0, 0], [rows - 1, outputs]);
  const bias = tf.slice2d(weights, [rows - 1, 0], [1, outputs]);
  return tf.add(tf.matMul(inputs, matrix), bias);
}
