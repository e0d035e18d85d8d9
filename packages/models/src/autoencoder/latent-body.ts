import type { Random } from '@kindred/domain';
import { compositePriorLoss, gaussianKlLoss, lossOperation, type Scalar, type Tensor2D } from '@kindred/objectives';
import type { DenseLayer, LatentSpread } from '../artefact/index.js';
import type { RunState, TrainedTable } from '../run-state.js';
import { type AutoencoderBody, type BodyBatch, denseLayer, type Forward } from './autoencoder-body.js';
import type { OldEncoder } from './old-encoder.js';

export interface LatentRules {
  readonly latent: number;
  /** [B]: what each row's divergence from the prior counts. */
  klWeights(batch: BodyBatch): Float32Array;
  /** The encoder of an epoch ago, of the composite prior. Absent: the standard normal prior. */
  readonly old?: ((layers: readonly TrainedTable[]) => OldEncoder) | undefined;
}

/** The layers that encode, of those of the body. */
const ENCODING = 3;

/**
 * A latent that is drawn (Kingma and Welling, ICLR 2014; Liang et al., WWW 2018):
 *   c = tanh(s + b),  m = c M + b_m,  v = c V + b_v,  z = m + exp(v / 2) e with e normal,  hidden = tanh(z D + b_d)
 * Serving takes z = m.
 */
export class LatentBody implements AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  readonly #rules: LatentRules;
  readonly #random: Random;
  readonly #old: OldEncoder | undefined;

  constructor(state: RunState, width: number, rules: LatentRules) {
    const { latent } = rules;
    this.#rules = rules;
    this.#random = state.random('latent');
    this.layers = [
      state.table('code', new Float32Array(width), width),
      passingTable(state, 'means', width, latent),
      evenTable(state, 'logVariances', width, latent),
      passingTable(state, 'decoder', latent, width),
    ];
    this.#old = rules.old?.(this.layers.slice(0, ENCODING));
  }

  prepare(batch: BodyBatch): Forward {
    const { latent } = this.#rules;
    const rows = batch.users.length;
    const random = batch.random ?? this.#random;
    const noise = Float32Array.from({ length: rows * latent }, () => random.normal());
    const weights = this.#rules.klWeights(batch);
    const oldPosterior = this.#old?.posterior(batch.users);
    return (tf, sums, layers) => {
      const [bias, toMeans, toLogVariances, decoder] = layers as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
      const code = tf.tanh(tf.add(sums, bias)) as Tensor2D;
      const means = denseLayer(tf, code, toMeans);
      const logVariances = denseLayer(tf, code, toLogVariances);
      const spread = tf.mul(tf.exp(tf.div(logVariances, 2)), tf.tensor2d(noise, [rows, latent]));
      const latents = tf.add(means, spread) as Tensor2D;
      const hidden = tf.tanh(denseLayer(tf, latents, decoder)) as Tensor2D;
      let penalty: Scalar;
      if (oldPosterior === undefined) {
        penalty = lossOperation(tf, { means, logVariances }, (given) => gaussianKlLoss(tf, { ...given, weights }));
      } else {
        const old = oldPosterior(tf);
        penalty = lossOperation(tf, { latents, means, logVariances }, (given) =>
          compositePriorLoss(tf, { ...given, ...old, weights }),
        );
      }
      return { hidden, penalty };
    };
  }

  closeEpoch(): void {
    this.#old?.follow();
  }

  served(): { layers: DenseLayer[]; spread: LatentSpread } {
    const [code, means, logVariances, decoder] = this.layers as [
      TrainedTable,
      TrainedTable,
      TrainedTable,
      TrainedTable,
    ];
    const served = (table: TrainedTable, activation: DenseLayer['activation']): DenseLayer => ({
      outputs: table.width,
      activation,
      weights: table.values.slice(),
    });
    return {
      layers: [served(code, 'tanh'), served(means, 'linear'), served(decoder, 'tanh')],
      spread: { layer: 1, weights: logVariances.values.slice() },
    };
  }
}

/** The log of the variances at the start: a spread that the means stand out of. */
const START_LOG_VARIANCE = -2;

/**
 * A layer that hands on as many of its inputs as it has outputs, the first ones: the strongest directions of the spectral
 * start, so that the latent starts where it would end without a layer between. [inputs + 1, outputs]
 */
function passingTable(state: RunState, name: string, inputs: number, outputs: number): TrainedTable {
  const start = new Float32Array((inputs + 1) * outputs);
  for (let k = 0; k < Math.min(inputs, outputs); k++) start[k * outputs + k] = 1;
  return state.table(name, start, outputs);
}

/** A layer that gives the same spread to everybody. [inputs + 1, outputs] */
function evenTable(state: RunState, name: string, inputs: number, outputs: number): TrainedTable {
  const start = new Float32Array((inputs + 1) * outputs).fill(START_LOG_VARIANCE, inputs * outputs);
  return state.table(name, start, outputs);
}
