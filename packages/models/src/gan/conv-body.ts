import type { Random } from '@kindred/domain';
import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import { CONVOLUTION_LEAK, placesOf, type ServedLayers, windowOf } from '../artefact/index.js';
import type { AutoencoderBody, BodyBatch, Forward, ProfileReading } from '../autoencoder/autoencoder-body.js';
import type { BodyParts } from '../autoencoder/profile-generator.js';
import type { TrainedTable } from '../run-state.js';
import { orderedReading } from './ordered-reading.js';

/** Small beside the ones that add places up. */
const START_SPREAD = 0.3;

/**
 * The strided convolutions of DCGAN (Radford, Metz and Chintala, ICLR 2016) in one dimension: the newest items in order of
 * time, halved by every convolution until one place is left, which takes the place of the sum in another body. See `convolve`.
 */
export class ConvBody implements AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  readonly reading: ProfileReading;
  readonly #end: AutoencoderBody;
  readonly #kernels: readonly TrainedTable[];
  readonly #items: number;

  /** @param items >= 2: so many newest are read @param end what makes the activations of the last place */
  constructor({ state, profiles }: BodyParts, width: number, items: number, end: AutoencoderBody) {
    const depth = Math.ceil(Math.log2(items));
    this.reading = orderedReading(profiles, items, placesOf(depth), width);
    this.#items = items;
    this.#end = end;
    const random = state.random('kernel start');
    this.#kernels = Array.from({ length: depth }, (_, k) =>
      state.table(`kernel${k}`, startKernel(windowOf(placesOf(depth - k)), width, random), width),
    );
    this.layers = [...end.layers, ...this.#kernels];
  }

  prepare(batch: BodyBatch): Forward {
    const forward = this.#end.prepare(batch);
    const rest = this.#end.layers.length;
    return (tf, rows, weights) => {
      const last = weights.slice(rest).reduce<Tensor2D>((values, kernel, depth) => {
        const inputs = depth === 0 ? values : (tf.leakyRelu(values, CONVOLUTION_LEAK) as Tensor2D);
        return convolved(tf, inputs, kernel);
      }, rows);
      return forward(tf, last, weights.slice(0, rest));
    };
  }

  closeEpoch(): void {
    this.#end.closeEpoch?.();
  }

  served(): ServedLayers {
    const kernels = this.#kernels.map(({ values }) => values.slice());
    return { ...this.#end.served(), convolution: { items: this.#items, kernels } };
  }
}

/**
 * One convolution as a product of unfolded windows, which every engine differentiates; TensorFlow.js's own has no gradient
 * for the kernel on wasm.
 * @param rows [B, P w] @param kernel [window w, w] @returns [B, P w / 2]
 */
function convolved(tf: TensorFlow, rows: Tensor2D, kernel: Tensor2D): Tensor2D {
  const [count, columns] = rows.shape;
  const width = kernel.shape[1];
  const halves = columns / (2 * width);
  const pairs = tf.reshape(rows, [count, halves, 2 * width]);
  const windows = halves === 1 ? pairs : tf.concat([placesBefore(tf, rows, width), pairs], 2);
  const products = tf.matMul(tf.reshape(windows, [count * halves, kernel.shape[0]]) as Tensor2D, kernel);
  return tf.reshape(products, [count, halves * width]) as Tensor2D;
}

/** What stands before each pair of places: nothing before the first. [B, P / 2, w] */
function placesBefore(tf: TensorFlow, rows: Tensor2D, width: number) {
  const [count, columns] = rows.shape;
  const pairs = tf.reshape(rows, [count, columns / (2 * width), 2, width]);
  const seconds = tf.slice(pairs, [0, 0, 1, 0], [count, columns / (2 * width) - 1, 1, width]);
  const before = tf.reshape(seconds, [count, columns / (2 * width) - 1, width]);
  return tf.concat([tf.zeros([count, 1, width]), before], 1);
}

/**
 * A kernel that nearly adds the two places up, so that training begins near where it does with the sum. What is at random in it
 * tells the places apart: were they alike, order would have no gradient between items that are alike. [window w, w]
 */
function startKernel(window: number, width: number, random: Random): Float32Array {
  const scale = START_SPREAD / Math.sqrt(window * width);
  const start = Float32Array.from({ length: window * width * width }, () => scale * random.normal());
  for (let place = window - 2; place < window; place++) {
    for (let c = 0; c < width; c++) {
      const at = (place * width + c) * width + c;
      start[at] = 1 + (start[at] as number);
    }
  }
  return start;
}
