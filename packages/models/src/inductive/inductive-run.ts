import type { Engine } from '@kindred/compute';
import { Random, rowDegrees } from '@kindred/domain';
import { historySoftmaxLoss } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { Adam, cosineRate } from '../adam.js';
import type { ModelArtefact, StoredTensors } from '../artefact/index.js';
import { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { itemPopularity, priorPopularity } from '../popularity.js';
import { getCounter, getRandomWords, restoreArrays } from '../saved-arrays.js';
import { servedItemVectors } from '../served-vectors.js';
import { takeRows } from '../sparse-rows.js';
import { spectralStart } from '../spectral-start.js';
import { HistoryPairs } from './history-pairs.js';
import type { InductiveSettings } from './inductive-settings.js';

/** A training of the default method: the history table C, the item table Y, and the optimiser of each. */
export class InductiveRun implements MethodRun {
  readonly settings: InductiveSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #engine: Engine;
  readonly #context: MethodContext;
  readonly #pairs: HistoryPairs;
  readonly #batches: EpochBatches;
  readonly #orderRandom: Random;
  readonly #negativeRandom: Random;
  readonly #popularity: Float32Array; // [I]
  readonly #history: Float32Array; // C, [I, d]
  readonly #items: Float32Array; // Y, [I, d]
  readonly #historyAdam: Adam;
  readonly #itemAdam: Adam;
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
    this.#orderRandom = new Random(seed, 'inductive order');
    this.#negativeRandom = new Random(seed, 'inductive negatives');
    const degrees = rowDegrees(data.positives);
    const members = Uint32Array.from(degrees.keys()).filter((user) => (degrees[user] as number) > 0);
    this.#batches = new EpochBatches(members, settings.batchSize, this.#orderRandom);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#popularity = itemPopularity(data);
    this.#history = start.slice();
    this.#items = start;
    this.#historyAdam = new Adam(this.#history, settings.dimensions);
    this.#itemAdam = new Adam(this.#items, settings.dimensions);
    this.#historyGradient = new Float32Array(start.length);
    this.#itemGradient = new Float32Array(start.length);
    this.#itemInverseNorms = new Float32Array(itemCount);
    this.#unused = new Float32Array(itemCount);
    this.#measureItems();
    this.tables = [
      { name: 'history', values: this.#history, width: settings.dimensions },
      { name: 'items', values: this.#items, width: settings.dimensions },
    ];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const negatives = sharedNegatives(this.#popularity.length, this.settings.negatives, this.#negativeRandom);
    const pairs = this.#pairs;
    const histories = pairs.sumHistories(users, this.#history); // p, [B, d]
    const targets = pairs.sumTargets(users, this.#items, this.#itemInverseNorms); // t, [B, d]
    const result = await this.#lossOf(users, histories, targets, negatives);

    pairs.scatterTargets(users, result.targets, this.#items, this.#itemInverseNorms, this.#itemGradient);
    addRows(result.negatives, negatives, this.settings.dimensions, this.#itemGradient);
    pairs.scatterHistories(users, result.users, this.#historyGradient);
    const { learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#itemAdam.steps, planned);
    this.#historyAdam.stepAll(this.#historyGradient, rate, this.#unused);
    this.#itemAdam.stepAll(this.#itemGradient, rate, this.#itemInverseNorms);
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength, priorWindowDays, shrinkage } = this.settings;
    const popularity = priorPopularity(this.#context.data, priorWindowDays);
    return {
      method: 'inductive',
      settings: this.settings,
      items: vocabulary.items,
      dimensions: dimensions + 1,
      itemVectors: servedItemVectors(this.#items, dimensions, popularity, temperature * priorStrength),
      encoder: {
        contextVectors: this.#history.slice(),
        itemScale: this.#pairs.itemScale.slice(),
        shrinkage,
        temperature,
        priorWeight: 1,
      },
      fallbackScores: popularity,
    };
  }

  save(): SavedRun {
    return {
      tensors: this.#arrays(),
      counters: {
        steps: this.#itemAdam.steps,
        position: this.#batches.position,
        orderRandom: this.#orderRandom.save(),
        negativeRandom: this.#negativeRandom.save(),
      },
    };
  }

  restore(saved: SavedRun): void {
    restoreArrays(this.#arrays(), saved.tensors);
    this.#historyAdam.steps = getCounter(saved, 'steps');
    this.#itemAdam.steps = getCounter(saved, 'steps');
    this.#batches.position = getCounter(saved, 'position');
    this.#orderRandom.restore(getRandomWords(saved, 'orderRandom'));
    this.#negativeRandom.restore(getRandomWords(saved, 'negativeRandom'));
    this.#measureItems();
  }

  /** All arrays that change while training. */
  #arrays(): StoredTensors {
    const shape = [this.#itemInverseNorms.length, this.settings.dimensions];
    return {
      history: { shape, data: this.#history },
      historyMean: { shape, data: this.#historyAdam.mean },
      historySquare: { shape, data: this.#historyAdam.square },
      items: { shape, data: this.#items },
      itemsMean: { shape, data: this.#itemAdam.mean },
      itemsSquare: { shape, data: this.#itemAdam.square },
      order: { shape: [this.#batches.order.length], data: this.#batches.order },
    };
  }

  async #lossOf(users: Uint32Array, histories: Float32Array, targets: Float32Array, negatives: Uint32Array) {
    const { tf } = this.#engine;
    const { dimensions, temperature, negativeWeight, offsetStrength } = this.settings;
    const rows = takeRows(this.#items, dimensions, negatives); // [K, d]
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
      for (let k = row * dimensions; k < (row + 1) * dimensions; k++) squared += (this.#items[k] as number) ** 2;
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
