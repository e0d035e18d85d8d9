import { sinkhornCodes, swappedPredictionLoss } from '@kindred/objectives';
import type { ModelArtefact } from '../artefact/index.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import type { TrainedTable } from '../run-state.js';
import { bothViews, eachView } from '../self-supervised/both-views.js';
import { ViewTraining } from '../self-supervised/view-training.js';
import { servedArtefact } from '../served-artefact.js';
import { unitRows } from '../served-vectors.js';
import type { SwavSettings } from './swav-settings.js';

/** A training of SwAV: the table of items and the prototypes. */
export class SwavRun implements MethodRun {
  readonly settings: SwavSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #training: ViewTraining;
  readonly #prototypes: TrainedTable; // [S, d]

  constructor(context: MethodContext, settings: SwavSettings) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#training = new ViewTraining(context, settings, 'swav');
    const { state, tower, stepsPerEpoch } = this.#training;
    this.stepsPerEpoch = stepsPerEpoch;
    this.#prototypes = state.randomTable('prototypes', settings.segments, settings.dimensions);
    this.tables = [tower.table, this.#prototypes];
  }

  /** Each view predicts the code of the other: codes of both, swapped, are the targets of one loss over 2B rows. */
  async step(): Promise<number> {
    const training = this.#training;
    const pair = training.next();
    const first = training.encode(pair.first); // [B, d]
    const second = training.encode(pair.second);
    const codes = bothViews(await this.#codesOf(second), await this.#codesOf(first)); // [2B, S]
    const { loss, views, prototypes } = await this.#lossOf(bothViews(first, second), codes);
    training.step(pair, eachView(views), [[this.#prototypes, prototypes]]);
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { settings } = this;
    const table = this.#training.tower.table.values;
    return servedArtefact({
      method: 'swav',
      settings,
      data: this.#context.data,
      vocabulary,
      items: table,
      context: table,
      width: settings.dimensions,
      temperature: settings.temperature,
      priorStrength: settings.priorStrength,
      priorWindowDays: settings.priorWindowDays,
      segments: this.#prototypes.values,
    });
  }

  save(): SavedRun {
    return this.#training.state.save();
  }

  restore(saved: SavedRun): void {
    this.#training.state.restore(saved);
  }

  /** No gradient goes through the codes. [B, S] */
  async #codesOf(views: Float32Array): Promise<Float32Array> {
    const { dimensions, segments, epsilon, sinkhornIterations } = this.settings;
    const cosines = await this.#context.engine.matmul(
      unitRows(views, dimensions),
      [views.length / dimensions, dimensions],
      unitRows(this.#prototypes.values, dimensions),
      [segments, dimensions],
      { transposeB: true },
    );
    return sinkhornCodes(cosines, segments, epsilon, sinkhornIterations);
  }

  async #lossOf(views: Float32Array, codes: Float32Array) {
    const { engine } = this.#context;
    const { tf } = engine;
    const { dimensions, segments, temperature } = this.settings;
    const rows = views.length / dimensions;
    return engine.scope(async () => {
      const { loss, gradients } = swappedPredictionLoss(tf, {
        views: tf.tensor2d(views, [rows, dimensions]),
        prototypes: tf.tensor2d(this.#prototypes.values, [segments, dimensions]),
        codes: tf.tensor2d(codes, [rows, segments]),
        temperature,
      });
      return {
        loss: (await engine.read(loss))[0] as number,
        views: await engine.read(gradients.views),
        prototypes: await engine.read(gradients.prototypes),
      };
    });
  }
}
