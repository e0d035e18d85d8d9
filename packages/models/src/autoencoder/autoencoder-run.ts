import type { Engine } from '@kindred/compute';
import { columnDegrees, Random } from '@kindred/domain';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { priorPopularity, WHOLE_LOG } from '../popularity.js';
import { RowSet } from '../row-set.js';
import { expectedItems, movesByRows } from '../row-updates.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact } from '../served-artefact.js';
import { addRows, takeRows } from '../sparse-rows.js';
import { spectralStart } from '../spectral-start.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { AutoencoderBody } from './autoencoder-body.js';
import { autoencoderLoss } from './autoencoder-loss.js';
import type { AutoencoderSettings } from './autoencoder-settings.js';
import { type Candidates, candidatesOf } from './candidates.js';
import { Profiles } from './profiles.js';

/** What a method puts between profile and items, and how much of the profile it hides; all else is the same for all. */
interface AutoencoderTask {
  readonly method: string;
  /** Share of each profile that its input lacks. */
  readonly corruption: number;
  createBody(parts: BodyParts): AutoencoderBody;
}

/** What a body may be built upon. */
interface BodyParts {
  readonly state: RunState;
  readonly profiles: Profiles;
  readonly context: TrainedTable; // C, [I, h]
}

/** Of a step, with room for the largest batch. */
interface StepArrays {
  readonly sums: Float32Array; // s, [B, h]
  readonly targets: Float32Array; // t, [B, h]
  readonly sumGradients: Float32Array; // [B, h]
  readonly targetGradients: Float32Array; // [B, h]
}

/** A training of an autoencoder: C that a profile is summed from, W that ranks the items, and the layers between. */
export class AutoencoderRun implements MethodRun {
  readonly settings: AutoencoderSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #engine: Engine;
  readonly #context: MethodContext;
  readonly #task: AutoencoderTask;
  readonly #state: RunState;
  readonly #profiles: Profiles;
  readonly #batches: EpochBatches;
  readonly #corruptionRandom: Random;
  readonly #candidateRandom: Random;
  readonly #logPrior: Float32Array; // [I]
  readonly #input: TrainedTable; // C, [I, h]
  readonly #items: TrainedTable; // W, [I, h]
  readonly #body: AutoencoderBody;
  readonly #inputGradient: Float32Array; // [I, h], zero between steps
  readonly #itemGradient: Float32Array; // [I, h], zero between steps
  readonly #arrays: StepArrays;
  readonly #byRows: { readonly input: boolean; readonly items: boolean };
  readonly #named: RowSet; // rows of W that the step moves

  static async start(context: MethodContext, settings: AutoencoderSettings, task: AutoencoderTask) {
    const { dimensions, startIterations } = settings;
    const random = new Random(context.seed, `${task.method} start`);
    const start = await spectralStart(context.engine, context.data.positives, dimensions, startIterations, random);
    return new AutoencoderRun(context, settings, task, start.items);
  }

  /** @param start [I, h], of C and of W */
  private constructor(
    context: MethodContext,
    settings: AutoencoderSettings,
    task: AutoencoderTask,
    start: Float32Array,
  ) {
    const { data, seed } = context;
    const { dimensions: width } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#engine = context.engine;
    this.#context = context;
    this.#task = task;
    this.#state = new RunState(seed, task.method);
    const { arena } = this.#state;
    const members = usersWithPositives(data);
    this.#batches = this.#state.batches('order', members, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#corruptionRandom = this.#state.random('corruption');
    this.#candidateRandom = this.#state.random('candidates');
    this.#logPrior = priorPopularity(data, WHOLE_LOG).map(Math.log);
    this.#profiles = new Profiles(data, arena);
    this.#input = this.#state.table('input', start, width);
    this.#items = this.#state.table('items', start, width);
    this.#body = task.createBody({ state: this.#state, profiles: this.#profiles, context: this.#input });
    this.#inputGradient = arena.floats(start.length);
    this.#itemGradient = arena.floats(start.length);
    const room = Math.min(members.length, settings.batchSize) * width;
    this.#arrays = {
      sums: arena.floats(room),
      targets: arena.floats(room),
      sumGradients: arena.floats(room),
      targetGradients: arena.floats(room),
    };
    const batchShare = 1 / this.stepsPerEpoch;
    const degrees = columnDegrees(data.positives);
    const rowCount = degrees.length;
    this.#byRows = {
      input: movesByRows(expectedItems(degrees, batchShare, 0), rowCount),
      items: movesByRows(expectedItems(degrees, batchShare, settings.negatives / rowCount), rowCount),
    };
    this.#named = new RowSet(rowCount);
    this.tables = [this.#input, this.#items];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const profiles = this.#profiles;
    const { columnCount } = this.#context.data.positives;
    const touched = profiles.itemsOf(users);
    const candidates = candidatesOf(touched, columnCount, this.settings.negatives, this.#candidateRandom);
    const named = this.#named.clear().add(touched).add(candidates.items).rows;
    this.#input.adam.catchUp(touched);
    this.#items.adam.catchUp(named);
    profiles.corrupt(users, this.#task.corruption, this.#corruptionRandom);
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const done = this.#items.adam.steps;
    const { loss, layerGradients } = await this.#lossOf(users, candidates, done / planned);

    const { learningRate, finalRateShare } = this.settings;
    const rate = cosineRate(learningRate, finalRateShare * learningRate, done, planned);
    if (this.#byRows.input) this.#input.adam.stepTouched(touched, this.#inputGradient, rate);
    else this.#input.adam.stepAll(this.#inputGradient, rate);
    if (this.#byRows.items) this.#items.adam.stepTouched(named, this.#itemGradient, rate);
    else this.#items.adam.stepAll(this.#itemGradient, rate);
    this.#body.layers.forEach(({ adam }, k) => {
      adam.stepAll(layerGradients[k] as Float32Array, rate);
    });
    if ((done + 1) % this.stepsPerEpoch === 0) this.#body.closeEpoch?.();
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, priorStrength, priorWindowDays } = this.settings;
    this.#state.settle();
    return servedArtefact({
      method: this.#task.method,
      settings: this.settings,
      data: this.#context.data,
      vocabulary,
      items: this.#items.values,
      context: this.#input.values,
      layers: this.#body.served(),
      width: dimensions,
      temperature: 1,
      priorStrength,
      priorWindowDays,
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  /** @returns the loss and the layers' gradients; those of C and W are in their tables */
  async #lossOf(users: Uint32Array, candidates: Candidates, progress: number) {
    const profiles = this.#profiles;
    const { dimensions: width } = this.settings;
    const room = users.length * width;
    const sums = this.#arrays.sums.subarray(0, room);
    const targets = this.#arrays.targets.subarray(0, room);
    profiles.sumCorrupted(users, this.#input.values, width, sums); // s, [B, h]
    profiles.sumTargets(users, this.#items.values, width, targets); // t, [B, h]
    const positiveWeights = profiles.positiveWeights(users);
    const gradients = {
      sums: this.#arrays.sumGradients.subarray(0, room),
      targets: this.#arrays.targetGradients.subarray(0, room),
      items: new Float32Array(candidates.items.length * width),
      layers: this.#body.layers.map(({ values }) => new Float32Array(values.length)),
    };
    const inputs = {
      forward: this.#body.prepare({ users, sums, positiveWeights, progress }),
      sums,
      inputWidth: width,
      targets,
      items: takeRows(this.#items.values, width, candidates.items),
      width,
      offsets: candidates.logCounts.map(
        (count, k) => count + (this.#logPrior[candidates.items[k] as number] as number),
      ),
      positiveWeights,
      layers: this.#body.layers,
    };
    const loss = await autoencoderLoss(this.#engine, inputs, gradients);
    profiles.scatterCorrupted(users, gradients.sums, width, this.#inputGradient);
    profiles.scatterTargets(users, gradients.targets, width, this.#itemGradient);
    addRows(gradients.items, candidates.items, width, this.#itemGradient);
    return { loss, layerGradients: gradients.layers };
  }
}
