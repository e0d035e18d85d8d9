import type { Engine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { weightedBceLoss } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import { equalLengths, withRoom } from '../equal-lengths.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { addScaled } from '../scaled-sum.js';
import { servedArtefact, trainedUsers } from '../served-artefact.js';
import { addRows, takeRows } from '../sparse-rows.js';
import { spectralStart } from '../spectral-start.js';
import { usersWithPositives } from '../users-with-positives.js';
import { itemGraph } from './item-graph.js';
import { type Cells, UltraGcnCells } from './ultragcn-cells.js';
import type { UltraGcnSettings } from './ultragcn-settings.js';

/** A training of UltraGCN: two tables, and a block of weighted cells a step. */
export class UltraGcnRun implements MethodRun {
  readonly settings: UltraGcnSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #engine: Engine;
  readonly #state: RunState;
  readonly #cells: UltraGcnCells;
  readonly #batches: EpochBatches;
  readonly #negativeRandom: Random;
  readonly #users: TrainedTable; // [U, d]
  readonly #items: TrainedTable; // [I, d]
  readonly #itemGradient: Float32Array; // [I, d], zero between steps

  /** Items start at the spectral start of the default method, users at the limit that the loss asks for. */
  static async start(context: MethodContext, settings: UltraGcnSettings): Promise<UltraGcnRun> {
    const { engine, data, seed } = context;
    const { dimensions, startIterations } = settings;
    const random = new Random(seed, 'ultragcn start');
    const { items } = await spectralStart(engine, data.positives, dimensions, startIterations, random);
    return new UltraGcnRun(context, settings, items);
  }

  private constructor(context: MethodContext, settings: UltraGcnSettings, items: Float32Array) {
    const { data, seed, engine } = context;
    const { dimensions } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#engine = engine;
    this.#state = new RunState(seed, 'ultragcn');
    this.#cells = new UltraGcnCells(data, itemGraph(data.positives, settings.neighbours), settings);
    this.#negativeRandom = this.#state.random('negatives');
    const members = usersWithPositives(data);
    this.#batches = this.#state.batches('order', members, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#users = this.#state.table('users', this.#cells.limit(items, dimensions), dimensions);
    this.#items = this.#state.table('items', items, dimensions);
    this.#itemGradient = this.#state.arena.floats(this.#items.values.length);
    this.tables = [this.#users, this.#items];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const negatives = sharedNegatives(
      this.#context.data.positives.columnCount,
      this.settings.negatives,
      this.#negativeRandom,
    );
    const { dimensions, learningRate, finalLearningRate, weightDecay } = this.settings;
    const cells = this.#cells.cells(users, negatives);
    this.#users.adam.catchUp(users);
    const own = takeRows(this.#users.values, dimensions, users);
    const result = await this.#lossOf(own, users.length, cells);
    addRows(result.items, cells.items, dimensions, this.#itemGradient);
    addScaled(own, weightDecay, result.users);
    addScaled(this.#items.values, weightDecay, this.#itemGradient);
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    this.#users.adam.stepRows(users, result.users, rate);
    this.#items.adam.stepAll(this.#itemGradient, rate);
    return result.loss;
  }

  /** Ranked by inner product. Folding in takes the limit that the loss asks for: e_u ~ sum_i e_i / sqrt(d_i + 1). */
  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, priorStrength, priorWindowDays } = this.settings;
    const { data } = this.#context;
    const width = dimensions + 1;
    this.#state.settle();
    return servedArtefact({
      method: 'ultragcn',
      settings: this.settings,
      data,
      vocabulary,
      items: equalLengths(this.#items.values, dimensions),
      context: withRoom(this.#items.values, dimensions),
      itemScale: this.#cells.itemFactor,
      width,
      temperature: 1,
      priorStrength,
      priorWindowDays,
      users: trainedUsers(data, vocabulary, withRoom(this.#users.values, dimensions), width, priorStrength),
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  async #lossOf(own: Float32Array, count: number, { items, attraction, repulsion }: Cells) {
    const { tf } = this.#engine;
    const { dimensions } = this.settings;
    const block: [number, number] = [count, items.length];
    return this.#engine.scope(async () => {
      const { loss, gradients } = weightedBceLoss(tf, {
        users: tf.tensor2d(own, [count, dimensions]),
        items: tf.tensor2d(takeRows(this.#items.values, dimensions, items), [items.length, dimensions]),
        attraction: tf.tensor2d(attraction, block),
        repulsion: tf.tensor2d(repulsion, block),
      });
      return {
        users: await this.#engine.read(gradients.users),
        items: await this.#engine.read(gradients.items),
        loss: (await this.#engine.read(loss))[0] as number,
      };
    });
  }
}
