import type { Tensor2D } from '@kindred/objectives';
import type { ServedLayers } from '../artefact/index.js';
import type { AutoencoderBody, BodyBatch, Forward } from '../autoencoder/autoencoder-body.js';
import type { BodyParts } from '../autoencoder/profile-generator.js';
import type { Profiles } from '../autoencoder/profiles.js';
import type { TrainedTable } from '../run-state.js';
import { type SegmentRule, segmentsOf } from './profile-segments.js';

/** Another body that is told the segment of each profile: E_g of its segment g is added to what the first layer gets. */
export class SegmentedBody implements AutoencoderBody {
  readonly layers: readonly TrainedTable[];
  readonly #inner: AutoencoderBody;
  readonly #rule: SegmentRule;
  readonly #profiles: Profiles;
  readonly #shifts: TrainedTable; // E, [S, h]

  constructor({ state, profiles }: BodyParts, rule: SegmentRule, inner: AutoencoderBody) {
    this.#inner = inner;
    this.#rule = rule;
    this.#profiles = profiles;
    this.#shifts = state.table('segments', new Float32Array(rule.centres.length), rule.width);
    this.layers = [...inner.layers, this.#shifts];
  }

  prepare(batch: BodyBatch): Forward {
    const forward = this.#inner.prepare(batch);
    const count = this.#shifts.values.length / this.#shifts.width;
    const ofUser = segmentsOf(this.#rule, this.#profiles, batch.users);
    const isOf = new Float32Array(ofUser.length * count);
    ofUser.forEach((segment, row) => {
      isOf[row * count + segment] = 1;
    });
    return (tf, rows, weights) => {
      const shifts = tf.matMul(tf.tensor2d(isOf, [ofUser.length, count]), weights.at(-1) as Tensor2D);
      return forward(tf, tf.add(rows, shifts), weights.slice(0, -1));
    };
  }

  closeEpoch(): void {
    this.#inner.closeEpoch?.();
  }

  served(): ServedLayers {
    const segments = { centres: this.#rule.centres.slice(), shifts: this.#shifts.values.slice() };
    return { ...this.#inner.served(), segments };
  }
}
