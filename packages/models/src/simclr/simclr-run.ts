import type { SparseMatrix } from '@kindred/domain';
import { ntXentLoss } from '@kindred/objectives';
import type { ModelArtefact } from '../artefact/index.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { ViewTraining } from '../self-supervised/view-training.js';
import type { SimclrSettings } from './simclr-settings.js';

/** A training of SimCLR: one table, both views encoded by it, every other view of the batch a negative. */
export class SimclrRun implements MethodRun {
  readonly settings: SimclrSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #training: ViewTraining;

  /** @param generated [U, I], as `generatedOfSparseUsers` gives it */
  constructor(context: MethodContext, settings: SimclrSettings, generated: SparseMatrix | undefined) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#training = new ViewTraining(context, settings, 'simclr', generated);
    this.stepsPerEpoch = this.#training.stepsPerEpoch;
    this.tables = [this.#training.tower.table];
  }

  async step(): Promise<number> {
    const training = this.#training;
    const pair = training.next();
    const first = training.encode(pair.first); // [B, d]
    const second = training.encode(pair.second); // [B, d]
    const { loss, gradients } = await this.#lossOf(first, second);
    training.step([
      [pair.first, gradients.first],
      [pair.second, gradients.second],
    ]);
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    return this.#training.artefact(vocabulary, this.settings.temperature);
  }

  save(): SavedRun {
    return this.#training.state.save();
  }

  restore(saved: SavedRun): void {
    this.#training.state.restore(saved);
  }

  async #lossOf(first: Float32Array, second: Float32Array) {
    const { engine } = this.#context;
    const { dimensions, temperature } = this.settings;
    const shape: [number, number] = [first.length / dimensions, dimensions];
    return engine.scope(async () => {
      const { loss, gradients } = ntXentLoss(engine.tf, {
        first: engine.tf.tensor2d(first, shape),
        second: engine.tf.tensor2d(second, shape),
        temperature,
      });
      return {
        loss: (await engine.read(loss))[0] as number,
        gradients: { first: await engine.read(gradients.first), second: await engine.read(gradients.second) },
      };
    });
  }
}
