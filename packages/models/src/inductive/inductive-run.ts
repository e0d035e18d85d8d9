import type { Engine } from '@kindred/compute';
import { columnDegrees, Random } from '@kindred/domain';
import { historySoftmaxLoss } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import { HistoryPairs } from '../history-pairs.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { itemPopularity } from '../popularity.js';
import { RowSet } from '../row-set.js';
import { expectedItems, movesByRows } from '../row-updates.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact } from '../served-artefact.js';
import { addRows, takeRows } from '../sparse-rows.js';
import { type SpectralTables, spectralStart } from '../spectral-start.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { InductiveSettings } from './inductive-settings.js';
import { UserTable } from './user-table.js';

/** Each with respect to an input of the loss. */
interface LossGradients {
  readonly users: Float32Array; // [B, d]
  readonly targets: Float32Array; // [B, d]
  readonly negatives: Float32Array; // [K, d]
}

/** A training of the default method: the history table C, the item table Y, and the optimiser of each. */
export class InductiveRun implements MethodRun {
  readonly settings: InductiveSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  /** Y, as it is learned. */
  readonly itemTable: Table;
  readonly #engine: Engine;
  readonly #context: MethodContext;
  readonly #state: RunState;
  readonly #pairs: HistoryPairs;
  readonly #batches: EpochBatches;
  readonly #negativeRandom: Random;
  readonly #offsets: Float32Array; // tb log pop, [I]
  readonly #history: TrainedTable; // C, [I, d]
  readonly #items: TrainedTable; // Y, [I, d]
  readonly #users: UserTable | undefined;
  readonly #historyGradient: Float32Array; // [I, d], zero between steps
  readonly #itemGradient: Float32Array; // [I, d], zero between steps
  readonly #negativeRows: Float32Array; // q, [K, d]
  readonly #negativeOffsets: Float32Array; // [K]
  readonly #gradients: LossGradients; // of a step, with room for the largest batch
  readonly #byRows: { readonly history: boolean; readonly items: boolean };
  readonly #named: RowSet; // rows of Y that the step moves

  static async start(context: MethodContext, settings: InductiveSettings): Promise<InductiveRun> {
    const { dimensions, startIterations, userTable } = settings;
    const { engine, data, seed } = context;
    const random = new Random(seed, 'inductive start');
    const start = await spectralStart(engine, data.positives, dimensions, startIterations, random, userTable === 'on');
    return new InductiveRun(context, settings, start);
  }

  private constructor(context: MethodContext, settings: InductiveSettings, start: SpectralTables) {
    const { data, seed, engine } = context;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#engine = engine;
    this.#context = context;
    this.#state = new RunState(seed, 'inductive');
    const { arena } = this.#state;
    this.#negativeRandom = this.#state.random('negatives');
    const members = usersWithPositives(data);
    this.#batches = this.#state.batches('order', members, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#offsets = arena.place(itemPopularity(data).map((users) => settings.offsetStrength * Math.log(users)));
    const largestBatch = Math.min(members.length, settings.batchSize);
    this.#pairs = new HistoryPairs(data, settings.dimensions, largestBatch, arena);
    this.#history = this.#state.table('history', start.items, settings.dimensions);
    this.#items = this.#state.table('items', start.items, settings.dimensions);
    this.#users = start.users && new UserTable(this.#state, start.users, settings, largestBatch);
    this.#historyGradient = arena.floats(start.items.length);
    this.#itemGradient = arena.floats(start.items.length);
    this.#negativeRows = arena.floats(settings.negatives * settings.dimensions);
    this.#negativeOffsets = arena.floats(settings.negatives);
    this.#gradients = {
      users: arena.floats(largestBatch * settings.dimensions),
      targets: arena.floats(largestBatch * settings.dimensions),
      negatives: arena.floats(settings.negatives * settings.dimensions),
    };
    const batchShare = 1 / this.stepsPerEpoch;
    const itemDegrees = columnDegrees(data.positives);
    this.#byRows = {
      history: movesByRows(expectedItems(itemDegrees, batchShare, 0), itemDegrees.length),
      items: movesByRows(
        expectedItems(itemDegrees, batchShare, settings.negatives / itemDegrees.length),
        itemDegrees.length,
      ),
    };
    this.#named = new RowSet(itemDegrees.length);
    this.itemTable = this.#items;
    this.tables = [...(this.#users === undefined ? [] : [this.#users.table]), this.#history, this.#items];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const negatives = sharedNegatives(this.#offsets.length, this.settings.negatives, this.#negativeRandom);
    const pairs = this.#pairs;
    const { values: items, adam } = this.#items;
    const touched = pairs.itemsOf(users);
    const named = this.#byRows.items ? this.#named.clear().add(touched).add(negatives).ascending() : touched;
    this.#history.adam.catchUp(touched);
    adam.catchUp(named);
    const histories = pairs.sumHistories(users, this.#history.values); // p, [B, d]
    this.#users?.addTo(histories, users);
    const targets = pairs.sumTargets(users, items, adam.inverseNorms); // t, [B, d]
    const loss = await this.#lossOf(users, histories, targets, negatives);

    const gradients = this.#gradients;
    pairs.scatterTargets(users, touched, gradients.targets, items, adam.inverseNorms, this.#itemGradient);
    addRows(gradients.negatives, negatives, this.settings.dimensions, this.#itemGradient);
    pairs.scatterHistories(users, gradients.users, this.#historyGradient);
    const { learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, adam.steps, planned);
    this.#users?.step(gradients.users, rate);
    if (this.#byRows.history) this.#history.adam.stepTouched(touched, this.#historyGradient, rate);
    else this.#history.adam.stepAll(this.#historyGradient, rate);
    if (this.#byRows.items) adam.stepTouched(named, this.#itemGradient, rate);
    else adam.stepAll(this.#itemGradient, rate);
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength, priorWindowDays, shrinkage } = this.settings;
    this.#state.settle();
    return servedArtefact({
      method: 'inductive',
      settings: this.settings,
      data: this.#context.data,
      vocabulary,
      items: this.#items.values,
      context: this.#history.values,
      itemScale: this.#pairs.itemScale,
      width: dimensions,
      temperature,
      priorStrength,
      priorWindowDays,
      shrinkage,
      userBases: this.#users && { ids: vocabulary.users, vectors: this.#users.bases(this.#context.data) },
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  /** @returns the loss; its gradients are in `#gradients` */
  async #lossOf(
    users: Uint32Array,
    histories: Float32Array,
    targets: Float32Array,
    negatives: Uint32Array,
  ): Promise<number> {
    const { tf } = this.#engine;
    const into = this.#gradients;
    const { dimensions, temperature, negativeWeight } = this.settings;
    const rows = takeRows(this.#items.values, dimensions, negatives, this.#negativeRows);
    return this.#engine.scope(async () => {
      const { loss, gradients } = historySoftmaxLoss(tf, {
        users: tf.tensor2d(histories, [users.length, dimensions]),
        targets: tf.tensor2d(targets, [users.length, dimensions]),
        negatives: tf.tensor2d(rows, [negatives.length, dimensions]),
        positiveWeights: this.#pairs.positiveWeights(users),
        offsets: takeRows(this.#offsets, 1, negatives, this.#negativeOffsets),
        temperature,
        negativeWeight,
      });
      await this.#engine.read(gradients.users, into.users.subarray(0, histories.length));
      await this.#engine.read(gradients.targets, into.targets.subarray(0, targets.length));
      await this.#engine.read(gradients.negatives, into.negatives);
      return (await this.#engine.read(loss))[0] as number;
    });
  }
}
