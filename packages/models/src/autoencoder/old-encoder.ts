import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import type { RunState, TrainedTable } from '../run-state.js';
import { denseLayer } from './autoencoder-body.js';
import type { Profiles } from './profiles.js';

interface Posterior {
  readonly oldMeans: Tensor2D; // [B, z]
  readonly oldLogVariances: Tensor2D; // [B, z]
}

/** The encoder as it was an epoch ago, which the composite prior of RecVAE holds the new one to. */
export class OldEncoder {
  readonly #profiles: Profiles;
  readonly #tables: readonly TrainedTable[]; // C and the layers: bias, means, log variances
  readonly #copies: readonly Float32Array[];

  constructor(state: RunState, profiles: Profiles, context: TrainedTable, layers: readonly TrainedTable[]) {
    this.#profiles = profiles;
    this.#tables = [context, ...layers];
    this.#copies = this.#tables.map(({ name, values, width }) =>
      state.array(`old ${name}`, [values.length / width, width], state.arena.place(values)),
    );
  }

  /** What it says of the users' whole profiles; the tensors belong to whoever asks. */
  posterior(users: Uint32Array): (tf: TensorFlow) => Posterior {
    const [context, ...layers] = this.#copies as [Float32Array, ...Float32Array[]];
    const { width } = this.#tables[0] as TrainedTable;
    const sums = new Float32Array(users.length * width);
    this.#profiles.sumWhole(users, context, width, sums);
    return (tf) => {
      const [bias, toMeans, toLogVariances] = layers.map((values, k) => {
        const outputs = (this.#tables[k + 1] as TrainedTable).width;
        return tf.tensor2d(values, [values.length / outputs, outputs]);
      }) as [Tensor2D, Tensor2D, Tensor2D];
      const code = tf.tanh(tf.add(tf.tensor2d(sums, [users.length, width]), bias)) as Tensor2D;
      return { oldMeans: denseLayer(tf, code, toMeans), oldLogVariances: denseLayer(tf, code, toLogVariances) };
    };
  }

  /** Becomes the encoder as it is now. */
  follow(): void {
    this.#tables.forEach(({ values, adam }, k) => {
      adam.settle();
      this.#copies[k]?.set(values);
    });
  }
}
