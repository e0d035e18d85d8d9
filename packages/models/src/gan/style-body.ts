import type { Random } from '@kindred/domain';
import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import type { DenseLayer, LayersEncoder } from '../artefact/index.js';
import { type AutoencoderBody, type BodyBatch, denseLayer, type Forward } from '../autoencoder/autoencoder-body.js';
import { passingTable } from '../autoencoder/latent-body.js';
import type { RunState, TrainedTable } from '../run-state.js';

/** Small beside the sums of profiles: the training decides what it makes of the styles. */
const START_SPREAD = 0.3;

export interface StyleRules {
  /** z: how many random numbers a style is made of, beside the profile. */
  readonly noise: number;
  /** q: numbers of a style. */
  readonly styleWidth: number;
  /** Share of the users of a step whose last layer gets the style of another user. */
  readonly styleMixing: number;
}

/**
 * The generator of StyleGAN (Karras et al., CVPR 2019) for profiles: a mapping network makes a style of the user, which scales
 * and shifts what every layer gives,
 *   w = tanh(tanh([z, s] M + m) N + n),   c = tanh((s + b) (1 + w G_1) + w H_1),   hidden = tanh((c D + d) (1 + w G_2) + w H_2)
 * s the sum of the profile (and what its segment adds), z standard normal, all products with brackets by coordinate. For some
 * users the second w is that of another user of the step, made of that one's s and z (style mixing): so no layer can count on
 * what the other was told. It is mixed for the likelihood too, which StyleGAN does not have. Served, each user has their own
 * style, and without a seed z = 0. The mapping reads s as it is, whose coordinates come to .6 (root mean square) beside 1 of z:
 * tanh(s + b) in its place ranked no better (docs/log.md).
 */
export class StyleBody implements AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  readonly #rules: StyleRules;
  readonly #random: Random;

  constructor(state: RunState, width: number, rules: StyleRules) {
    const { noise, styleWidth } = rules;
    const start = state.random('style start');
    const table = (name: string, inputs: number, outputs: number, spread: number, biases: number) => {
      const weights = new Float32Array((inputs + biases) * outputs);
      const scale = spread / Math.sqrt(inputs);
      for (let k = 0; k < inputs * outputs; k++) weights[k] = scale * start.normal();
      return state.table(name, weights, outputs);
    };
    this.#rules = rules;
    this.#random = state.random('style');
    this.layers = [
      state.table('code', new Float32Array(width), width), // b, [1, h]
      passingTable(state, 'deep', width, width), // D and d, [h + 1, h]
      table('styleFirst', noise + width, styleWidth, 1, 1), // M and m, [z + h + 1, q]
      table('styleSecond', styleWidth, styleWidth, 1, 1), // N and n, [q + 1, q]
      table('codeModulation', styleWidth, 2 * width, START_SPREAD, 0), // G_1 and H_1, [q, 2 h]
      table('deepModulation', styleWidth, 2 * width, START_SPREAD, 0), // G_2 and H_2, [q, 2 h]
    ];
  }

  prepare({ users, random = this.#random }: BodyBatch): Forward {
    const { noise: count, styleMixing } = this.#rules;
    const noise = Float32Array.from({ length: users.length * count }, () => random.normal());
    // Another user is the next one of the step; after the last comes the first.
    const styleFrom = Int32Array.from(users, (_, row) =>
      random.next() < styleMixing ? (row + 1) % users.length : row,
    );
    return (tf, sums, weights) => {
      const [bias, deep, first, second, low, high] = weights as [
        Tensor2D,
        Tensor2D,
        Tensor2D,
        Tensor2D,
        Tensor2D,
        Tensor2D,
      ];
      const inputs = tf.concat2d([tf.tensor2d(noise, [users.length, count]), sums], 1); // [B, z + h]
      const inner = tf.tanh(denseLayer(tf, inputs, first)) as Tensor2D;
      const styles = tf.tanh(denseLayer(tf, inner, second)) as Tensor2D; // w, [B, q]
      const mixed = tf.gather(styles, tf.tensor1d(styleFrom, 'int32'));
      const code = tf.tanh(modulated(tf, tf.add(sums, bias), tf.matMul(styles, low))) as Tensor2D;
      const sum = modulated(tf, denseLayer(tf, code, deep), tf.matMul(mixed, high));
      return { hidden: tf.tanh(sum) as Tensor2D };
    };
  }

  served(): Pick<LayersEncoder, 'layers' | 'style'> {
    const [code, deep, ...mapping] = this.layers
      .slice(0, 4)
      .map(({ values, width }): DenseLayer => ({ outputs: width, activation: 'tanh', weights: values.slice() })) as [
      DenseLayer,
      DenseLayer,
      ...DenseLayer[],
    ];
    const modulations = this.layers.slice(4).map(({ values }) => values.slice());
    return { layers: [code, deep], style: { noise: this.#rules.noise, mapping, modulations } };
  }
}

/** x (1 + g) + e. @param change g and e side by side, [B, 2 h] */
function modulated(tf: TensorFlow, values: Tensor2D, change: Tensor2D): Tensor2D {
  const [rows, width] = values.shape;
  const factor = tf.add(tf.slice2d(change, [0, 0], [rows, width]), 1);
  return tf.add(tf.mul(values, factor), tf.slice2d(change, [0, width], [rows, width]));
}
