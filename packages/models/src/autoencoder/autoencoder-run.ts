import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { RunState } from '../run-state.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { AutoencoderSettings } from './autoencoder-settings.js';
import { type GeneratorTask, ProfileGenerator, startOfItems } from './profile-generator.js';
import { servedGenerator } from './served-generator.js';

interface AutoencoderTask extends GeneratorTask {
  readonly method: string;
}

/** A training of an autoencoder: a generator of profiles that learns by likelihood alone. */
export class AutoencoderRun implements MethodRun {
  readonly settings: AutoencoderSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #method: string;
  readonly #state: RunState;
  readonly #batches: EpochBatches;
  readonly #generator: ProfileGenerator;

  static async start(context: MethodContext, settings: AutoencoderSettings, task: AutoencoderTask) {
    return new AutoencoderRun(context, settings, task, await startOfItems(context, settings, task.method));
  }

  /** @param start [I, h], of C and of W */
  private constructor(
    context: MethodContext,
    settings: AutoencoderSettings,
    task: AutoencoderTask,
    start: Float32Array,
  ) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#method = task.method;
    this.#state = new RunState(context.seed, task.method);
    this.#batches = this.#state.batches('order', usersWithPositives(context.data), settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#generator = new ProfileGenerator(this.#state, context, settings, task, start);
    this.tables = [this.#generator.input, this.#generator.items];
  }

  async step(): Promise<number> {
    const { learningRate, finalRateShare } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const done = this.#generator.steps;
    const rate = cosineRate(learningRate, finalRateShare * learningRate, done, planned);
    const batch = this.#generator.draw(this.#batches.next());
    const loss = await this.#generator.learn(batch, rate, done / planned);
    if ((done + 1) % this.stepsPerEpoch === 0) this.#generator.body.closeEpoch?.();
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    this.#state.settle();
    return servedGenerator(this.#generator, this.#method, this.settings, this.#context.data, vocabulary);
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }
}
