import type { Random, SparseMatrix } from '@kindred/domain';
import { sinkhornCodes, swappedPredictionLoss } from '@kindred/objectives';
import type { ModelArtefact } from '../artefact/index.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import type { TrainedTable } from '../run-state.js';
import { stackedPart, stackRows } from '../self-supervised/stacked-rows.js';
import { oneItemOfEach } from '../self-supervised/view-batch.js';
import { ViewTraining } from '../self-supervised/view-training.js';
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
  readonly #crops: Random;
  readonly #prototypes: TrainedTable; // [S, d]

  /** @param generated [U, I], as `generatedOfSparseUsers` gives it */
  constructor(context: MethodContext, settings: SwavSettings, generated: SparseMatrix | undefined) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#training = new ViewTraining(context, settings, 'swav', generated);
    const { state, tower, stepsPerEpoch } = this.#training;
    this.stepsPerEpoch = stepsPerEpoch;
    this.#crops = state.random('crops');
    this.#prototypes = state.randomTable('prototypes', settings.segments, settings.dimensions);
    this.tables = [tower.table, this.#prototypes];
  }

  /**
   * Each view predicts the code of the other, and so does one item of each, the small crop: codes are made of whole
   * views only. One loss over 4B rows.
   */
  async step(): Promise<number> {
    const training = this.#training;
    const { first, second } = training.next();
    const crops = [first, second, oneItemOfEach(first, this.#crops), oneItemOfEach(second, this.#crops)] as const;
    const vectors = crops.map((views) => training.encode(views)); // each [B, d]
    const ofFirst = await this.#codesOf(vectors[0] as Float32Array); // [B, S]
    const ofSecond = await this.#codesOf(vectors[1] as Float32Array);
    const codes = stackRows(ofSecond, ofFirst, ofSecond, ofFirst);
    const { loss, views, prototypes } = await this.#lossOf(stackRows(...vectors), codes);
    training.step(
      crops.map((batch, k) => [batch, stackedPart(views, k, crops.length)] as const),
      [[this.#prototypes, prototypes]],
    );
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const segments = this.#prototypes.values;
    return this.#training.artefact(vocabulary, this.settings.temperature, { segments });
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
