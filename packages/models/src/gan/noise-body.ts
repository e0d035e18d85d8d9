import type { Random } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import type { LayersEncoder } from '../artefact/index.js';
import type { AutoencoderBody, BodyBatch, Forward } from '../autoencoder/autoencoder-body.js';
import type { RunState, TrainedTable } from '../run-state.js';

/** Small beside the sums of profiles: the training decides what it makes of the noise. */
const START_SPREAD = 0.3;

/** One hidden layer that noise enters: hidden = tanh(s + b + z N), z standard normal. Served without a seed, z = 0. */
export class NoiseBody implements AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  readonly #code: TrainedTable; // b, [1, h]
  readonly #noise: TrainedTable; // N, [z, h]
  readonly #random: Random;

  /** @param noise z >= 1: how many numbers of it */
  constructor(state: RunState, width: number, noise: number) {
    const start = state.random('noise start');
    this.#random = state.random('noise');
    this.#code = state.table('code', new Float32Array(width), width);
    const scale = START_SPREAD / Math.sqrt(noise);
    const weights = Float32Array.from({ length: noise * width }, () => scale * start.normal());
    this.#noise = state.table('noise', weights, width);
    this.layers = [this.#code, this.#noise];
  }

  prepare({ users, random = this.#random }: BodyBatch): Forward {
    const count = this.#noise.values.length / this.#noise.width;
    const noise = Float32Array.from({ length: users.length * count }, () => random.normal());
    return (tf, sums, [bias, weights]) => {
      const entered = tf.matMul(tf.tensor2d(noise, [users.length, count]), weights as Tensor2D);
      return { hidden: tf.tanh(tf.add(tf.add(sums, entered), bias as Tensor2D)) as Tensor2D };
    };
  }

  served(): Pick<LayersEncoder, 'layers' | 'noise'> {
    const { values, width } = this.#code;
    return {
      layers: [{ outputs: width, activation: 'tanh', weights: values.slice() }],
      noise: { layer: 0, weights: this.#noise.values.slice() },
    };
  }
}
