import type { Scalar, Tensor2D, TensorFlow } from '@kindred/objectives';
import { type DenseLayer, largestPlaces } from '../artefact/index.js';
import type { RunState, TrainedTable } from '../run-state.js';
import type { AutoencoderBody, BodyBatch, Forward } from './autoencoder-body.js';

/** How the code of a sparse autoencoder is kept sparse. */
export interface CodeRules {
  /** So many units of a code that are farthest from zero are kept. */
  readonly keep?: number | undefined;
  /** What is added to the loss. @param code [B, h] */
  readonly penalty?: ((tf: TensorFlow, code: Tensor2D) => Scalar) | undefined;
}

/** One hidden layer: code = tanh(s + b), of which at most so many units are kept. */
export class CodeBody implements AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  readonly #code: TrainedTable; // b, [1, h]
  readonly #rules: CodeRules;

  constructor(state: RunState, width: number, rules: CodeRules = {}) {
    this.#code = state.table('code', new Float32Array(width), width);
    this.#rules = rules;
    this.layers = [this.#code];
  }

  prepare({ users, rows }: BodyBatch): Forward {
    const { keep, penalty } = this.#rules;
    const { values: bias, width } = this.#code;
    const mask = keep === undefined ? undefined : keptUnits(rows, bias, keep);
    return (tf, inputs, [weights]) => {
      const code = tf.tanh(tf.add(inputs, weights as Tensor2D)) as Tensor2D;
      const hidden = mask === undefined ? code : (tf.mul(code, tf.tensor2d(mask, [users.length, width])) as Tensor2D);
      return { hidden, penalty: penalty?.(tf, hidden) };
    };
  }

  served(): { layers: DenseLayer[] } {
    const { values, width } = this.#code;
    return {
      layers: [{ outputs: width, activation: 'tanh', keep: this.#rules.keep, weights: values.slice() }],
    };
  }
}

/**
 * 1 at the units of each row that are farthest from zero, 0 elsewhere. As in a k-sparse autoencoder the choice itself is not
 * differentiated.
 * @param sums [B, h]
 * @param bias [h]
 * @returns [B, h]
 */
export function keptUnits(sums: Float32Array, bias: Float32Array, keep: number): Float32Array {
  const width = bias.length;
  const mask = new Float32Array(sums.length);
  for (let start = 0; start < sums.length; start += width) {
    const inputs = bias.map((value, c) => value + (sums[start + c] as number));
    for (const place of largestPlaces(inputs, keep)) mask[start + place] = 1;
  }
  return mask;
}
