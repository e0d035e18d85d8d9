import type { Engine } from '@kindred/compute';
import { Random, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { infoNceLoss, MASKED } from '@kindred/objectives';
import { falseNegatives, logBatchFrequency } from '@kindred/pairs';
import { Adam, cosineRate } from '../adam.js';
import type { ModelArtefact, StoredTensors } from '../artefact/index.js';
import { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { itemPopularity, priorPopularity, priorWindowByRule } from '../popularity.js';
import { getCounter, getRandomWords, restoreArrays } from '../saved-arrays.js';
import { servedItemVectors, unitRowsWithRoom } from '../served-vectors.js';
import { takeRows } from '../sparse-rows.js';
import { mergeRows } from './merge-rows.js';
import type { TwoTowerSettings } from './two-tower-settings.js';

/** A training of the two-tower method: both tables and the optimiser of each, rows moved only when a batch names them. */
export class TwoTowerRun implements MethodRun {
  readonly settings: TwoTowerSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #engine: Engine;
  readonly #userOfEntry: Uint32Array; // [entries]
  readonly #batches: EpochBatches;
  readonly #orderRandom: Random;
  readonly #logFrequency: Float32Array; // [I]: log of the item's share of all pairs, times the logQ setting
  readonly #users: Float32Array; // X, [U, d]
  readonly #items: Float32Array; // Y, [I, d]
  readonly #userAdam: Adam;
  readonly #itemAdam: Adam;

  constructor(context: MethodContext, settings: TwoTowerSettings) {
    const { positives } = context.data;
    const { dimensions } = settings;
    const entries = positives.columns.length;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#engine = context.engine;
    this.#userOfEntry = rowOfEntry(positives);
    this.#orderRandom = new Random(context.seed, 'two-tower order');
    const members = Uint32Array.from({ length: entries }, (_, k) => k);
    this.#batches = new EpochBatches(members, settings.batchSize, this.#orderRandom);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#logFrequency = logBatchFrequency(context.data).map((value) => settings.logQ * value);
    const random = new Random(context.seed, 'two-tower start');
    const scale = 1 / Math.sqrt(dimensions);
    this.#users = Float32Array.from({ length: positives.rowCount * dimensions }, () => scale * random.normal());
    this.#items = Float32Array.from({ length: positives.columnCount * dimensions }, () => scale * random.normal());
    this.#userAdam = new Adam(this.#users, dimensions);
    this.#itemAdam = new Adam(this.#items, dimensions);
    this.tables = [
      { name: 'users', values: this.#users, width: dimensions },
      { name: 'items', values: this.#items, width: dimensions },
    ];
  }

  async step(): Promise<number> {
    const entries = this.#batches.next();
    const { positives, weights } = this.#context.data;
    const users = entries.map((entry) => this.#userOfEntry[entry] as number);
    const items = entries.map((entry) => positives.columns[entry] as number);
    const result = await this.#lossOf(
      users,
      items,
      Float32Array.from(entries, (entry) => weights[entry] as number),
    );
    const { dimensions, learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#itemAdam.steps, planned);
    const userRows = mergeRows(users, result.users, dimensions);
    const itemRows = mergeRows(items, result.items, dimensions);
    this.#userAdam.stepRows(userRows.rows, userRows.gradients, rate);
    this.#itemAdam.stepRows(itemRows.rows, itemRows.gradients, rate);
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength } = this.settings;
    const { data } = this.#context;
    const popularity = priorPopularity(data, priorWindowByRule(data));
    const width = dimensions + 1;
    const users = unitRowsWithRoom(this.#users, dimensions);
    rowDegrees(data.positives).forEach((degree, user) => {
      // A user without a pair was never moved from their random start: they get the prior alone, like an empty history.
      if (degree === 0) users.fill(0, user * width, (user + 1) * width);
      users[(user + 1) * width - 1] = degree === 0 ? 1 : priorStrength;
    });
    return {
      method: 'two-tower',
      settings: this.settings,
      items: vocabulary.items,
      dimensions: width,
      itemVectors: servedItemVectors(this.#items, dimensions, popularity, temperature),
      encoder: {
        contextVectors: unitRows(this.#items, dimensions),
        itemScale: itemPopularity(data).map((count) => 1 / Math.sqrt(count)),
        shrinkage: 0,
        temperature,
        priorWeight: priorStrength,
      },
      fallbackScores: popularity,
      users: { ids: vocabulary.users, vectors: users },
    };
  }

  save(): SavedRun {
    return {
      tensors: this.#arrays(),
      counters: {
        steps: this.#itemAdam.steps,
        position: this.#batches.position,
        orderRandom: this.#orderRandom.save(),
      },
    };
  }

  restore(saved: SavedRun): void {
    restoreArrays(this.#arrays(), saved.tensors);
    this.#userAdam.steps = getCounter(saved, 'steps');
    this.#itemAdam.steps = getCounter(saved, 'steps');
    this.#batches.position = getCounter(saved, 'position');
    this.#orderRandom.restore(getRandomWords(saved, 'orderRandom'));
  }

  /** All arrays that change while training. */
  #arrays(): StoredTensors {
    const { positives } = this.#context.data;
    const users = [positives.rowCount, this.settings.dimensions];
    const items = [positives.columnCount, this.settings.dimensions];
    return {
      users: { shape: users, data: this.#users },
      usersMean: { shape: users, data: this.#userAdam.mean },
      usersSquare: { shape: users, data: this.#userAdam.square },
      items: { shape: items, data: this.#items },
      itemsMean: { shape: items, data: this.#itemAdam.mean },
      itemsSquare: { shape: items, data: this.#itemAdam.square },
      order: { shape: [this.#batches.order.length], data: this.#batches.order },
    };
  }

  async #lossOf(users: Uint32Array, items: Uint32Array, weights: Float32Array) {
    const { tf } = this.#engine;
    const { dimensions, temperature } = this.settings;
    const shape: [number, number] = [users.length, dimensions];
    const mask = falseNegatives(this.#context.data.positives, users, items, MASKED);
    return this.#engine.scope(async () => {
      const { loss, gradients } = infoNceLoss(tf, {
        users: tf.tensor2d(takeRows(this.#users, dimensions, users), shape),
        items: tf.tensor2d(takeRows(this.#items, dimensions, items), shape),
        temperature,
        logQ: Float32Array.from(items, (item) => this.#logFrequency[item] as number),
        mask: tf.tensor2d(mask, [users.length, users.length]),
        weights,
      });
      return {
        users: await this.#engine.read(gradients.users),
        items: await this.#engine.read(gradients.items),
        loss: (await this.#engine.read(loss))[0] as number,
      };
    });
  }
}

/** The row that each entry stands in. [entries] */
function rowOfEntry({ offsets, columns, rowCount }: SparseMatrix): Uint32Array {
  const rows = new Uint32Array(columns.length);
  for (let row = 0; row < rowCount; row++) rows.fill(row, offsets[row], offsets[row + 1]);
  return rows;
}

/** Each row brought to length one. [R, width] */
function unitRows(table: Float32Array, width: number): Float32Array {
  const served = unitRowsWithRoom(table, width);
  const out = new Float32Array(table.length);
  for (let row = 0; row * width < table.length; row++) {
    out.set(served.subarray(row * (width + 1), row * (width + 1) + width), row * width);
  }
  return out;
}
