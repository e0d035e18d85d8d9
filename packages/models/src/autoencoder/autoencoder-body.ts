import type { Random } from '@kindred/domain';
import type { Scalar, Tensor2D, TensorFlow } from '@kindred/objectives';
import type { ServedLayers } from '../artefact/index.js';
import type { TrainedTable } from '../run-state.js';

/** A batch of B users, as a body sees it before the engine computes. */
export interface BodyBatch {
  /** [B] */
  readonly users: Uint32Array;
  /** s, [B, h]: the sums of the corrupted profiles; what the body's `reading` says, where it has one. */
  readonly rows: Float32Array;
  /** n, [B] */
  readonly positiveWeights: Float32Array;
  /** How much of the planned training is done, 0 .. 1. */
  readonly progress: number;
  /** Where chance is drawn from by who only looks; absent: the body's own stream, which training goes by. */
  readonly random?: Random | undefined;
}

/**
 * What a body makes of the rows, in the engine, differentiated by it.
 * @param weights of the body's layers, in order, [inputs + 1, outputs], the bias as the last row
 */
export type Forward = (tf: TensorFlow, rows: Tensor2D, weights: readonly Tensor2D[]) => ForwardResult;

interface ForwardResult {
  /** The last activations, [B, d]. */
  readonly hidden: Tensor2D;
  /** What the loss has beside the likelihood. */
  readonly penalty?: Scalar | undefined;
}

/** How a profile becomes the numbers that a body starts from, and how their gradients go back to C. */
export interface ProfileReading {
  /** w: numbers of a user. */
  readonly width: number;
  /** Of the profiles as they were corrupted last. @param table C, [I, h] @param out [B, w], overwritten */
  read(users: Uint32Array, table: Float32Array, out: Float32Array): void;
  /** @param gradients [B, w], of what `read` gave @param tableGradient [I, h], added to */
  scatter(users: Uint32Array, gradients: Float32Array, tableGradient: Float32Array): void;
}

/**
 * What lies between a profile and the hidden activations that rank the items: what the autoencoders differ in, and the
 * bodies of the generators in ../gan.
 */
export interface AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  /** Absent: a profile is read as its sum. */
  readonly reading?: ProfileReading | undefined;
  /** Draws what the step has of chance. */
  prepare(batch: BodyBatch): Forward;
  /** After every epoch, before its end is saved. */
  closeEpoch?(): void;
  /** The layers that serve. Arrays are copies. */
  served(): ServedLayers;
}

/** x W + b. @param weights [inputs + 1, outputs], the bias as the last row */
export function denseLayer(tf: TensorFlow, inputs: Tensor2D, weights: Tensor2D): Tensor2D {
  const [rows, outputs] = weights.shape;
  const matrix = tf.slice2d(weights, [0, 0], [rows - 1, outputs]);
  const bias = tf.slice2d(weights, [rows - 1, 0], [1, outputs]);
  return tf.add(tf.matMul(inputs, matrix), bias);
}
