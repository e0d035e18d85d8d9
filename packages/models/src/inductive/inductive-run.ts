import type { Engine } from '@kindred/compute';
import { Random, rowDegrees } from '@kindred/domain';
import { historySoftmaxLoss } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { itemPopularity } from '../popularity.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact } from '../served-artefact.js';
import { takeRows } from '../sparse-rows.js';
import { spectralStart } from '../spectral-start.js';
import { HistoryPairs } from './history-pairs.js';
import type { InductiveSettings } from './inductive-settings.js';

/** A training of the default method: the history table C, the item table Y, and the optimiser of each. */
export class InductiveRun implements MethodRun {
  readonly settings: InductiveSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly [history: Table, items: Table];
  readonly #engine: Engine;
  readonly #context: MethodContext;
  readonly #state: RunState;
  readonly #pairs: HistoryPairs;
  readonly #batches: EpochBatches;
  readonly #negativeRandom: Random;
  readonly #popularity: Float32Array; // [I]
  readonly #history: TrainedTable; // C, [I, d]
  readonly #items: TrainedTable; // Y, [I, d]
  readonly #historyGradient: Float32Array; // [I, d], zero between steps
  readonly #itemGradient: Float32Array; // [I, d], zero between steps
  readonly #itemInverseNorms: Float32Array; // [I]
  readonly #unused: Float32Array; // [I], the norms of C: nobody asks for them

  static async start(context: MethodContext, settings: InductiveSettings): Promise<InductiveRun> {
    const { dimensions, startIterations } = settings;
    const random = new Random(context.seed, 'inductive start');
    const table = await spectralStart(context.engine, context.data.positives, dimensions, startIterations, random);
    return new InductiveRun(context, settings, table);
  }

  private constructor(context: MethodContext, settings: InductiveSettings, start: Float32Array) {
    const { data, seed, engine } = context;
    const itemCount = data.positives.columnCount;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#engine = engine;
    this.#context = context;
    this.#pairs = new HistoryPairs(data, settings.dimensions);
    this.#state = new RunState(seed, 'inductive');
    this.#negativeRandom = this.#state.random('negatives');
    const degrees = rowDegrees(data.positives);
    const members = Uint32Array.from(degrees.keys()).filter((user) => (degrees[user] as number) > 0);
    this.#batches = this.#state.batches('order', members, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#popularity = itemPopularity(data);
    this.#history = this.#state.table('history', start.slice(), settings.dimensions);
    this.#items = this.#state.table('items', start, settings.dimensions);
    this.#historyGradient = new Float32Array(start.length);
    this.#itemGradient = new Float32Array(start.length);
    this.#itemInverseNorms = new Float32Array(itemCount);
    this.#unused = new Float32Array(itemCount);
    this.#measureItems();
    this.tables = [this.#history, this.#items];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const negatives = sharedNegatives(this.#popularity.length, this.settings.negatives, this.#negativeRandom);
    const pairs = this.#pairs;
    const histories = pairs.sumHistories(users, this.#history.values); // p, [B, d]
    const targets = pairs.sumTargets(users, this.#items.values, this.#itemInverseNorms); // t, [B, d]
    const result = await this.#lossOf(users, histories, targets, negatives);

    pairs.scatterTargets(users, result.targets, this.#items.values, this.#itemInverseNorms, this.#itemGradient);
    addRows(result.negatives, negatives, this.settings.dimensions, this.#itemGradient);
    pairs.scatterHistories(users, result.users, this.#historyGradient);
    const { learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    this.#history.adam.stepAll(this.#historyGradient, rate, this.#unused);
    this.#items.adam.stepAll(this.#itemGradient, rate, this.#itemInverseNorms);
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength, priorWindowDays, shrinkage } = this.settings;
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
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
    this.#measureItems();
  }

  async #lossOf(users: Uint32Array, histories: Float32Array, targets: Float32Array, negatives: Uint32Array) {
    const { tf } = this.#engine;
    const { dimensions, temperature, negativeWeight, offsetStrength } = this.settings;
    const rows = takeRows(this.#items.values, dimensions, negatives); // [K, d]
    return this.#engine.scope(async () => {
      const { loss, gradients } = historySoftmaxLoss(tf, {
        users: tf.tensor2d(histories, [users.length, dimensions]),
        targets: tf.tensor2d(targets, [users.length, dimensions]),
        negatives: tf.tensor2d(rows, [negatives.length, dimensions]),
        positiveWeights: this.#pairs.positiveWeights(users),
        offsets: Float32Array.from(negatives, (j) => offsetStrength * Math.log(this.#popularity[j] as number)),
        temperature,
        negativeWeight,
      });
      return {
        users: await this.#engine.read(gradients.users),
        targets: await this.#engine.read(gradients.targets),
        negatives: await this.#engine.read(gradients.negatives),
        loss: (await this.#engine.read(loss))[0] as number,
      };
    });
  }

  #measureItems(): void {
    const { dimensions } = this.settings;
    for (let row = 0; row < this.#itemInverseNorms.length; row++) {
      let squared = 0;
      for (let k = row * dimensions; k < (row + 1) * dimensions; k++) squared += (this.#items.values[k] as number) ** 2;
      this.#itemInverseNorms[row] = 1 / Math.sqrt(squared + 1e-12);
    }
  }
}

/** table[rows[k]] += values[k]. */
function addRows(values: Float32Array, rows: Uint32Array, width: number, table: Float32Array): void {
  for (let k = 0; k < rows.length; k++) {
    const at = (rows[k] as number) * width;
    for (let c = 0; c < width; c++) table[at + c] = (table[at + c] as number) + (values[k * width + c] as number);
  }
}
