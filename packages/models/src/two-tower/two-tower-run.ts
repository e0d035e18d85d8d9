import type { Engine } from '@kindred/compute';
import type { SparseMatrix } from '@kindred/domain';
import { infoNceLoss, MASKED } from '@kindred/objectives';
import { falseNegatives, logBatchFrequency } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { priorWindowByRule } from '../popularity.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact, trainedUsers } from '../served-artefact.js';
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
  readonly #state: RunState;
  readonly #userOfEntry: Uint32Array; // [entries]
  readonly #batches: EpochBatches;
  readonly #logFrequency: Float32Array; // [I]: log of the item's share of all pairs, times the logQ setting
  readonly #users: TrainedTable; // X, [U, d]
  readonly #items: TrainedTable; // Y, [I, d]

  constructor(context: MethodContext, settings: TwoTowerSettings) {
    const { positives } = context.data;
    const { dimensions } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#engine = context.engine;
    this.#userOfEntry = rowOfEntry(positives);
    this.#state = new RunState(context.seed, 'two-tower');
    const entries = Uint32Array.from({ length: positives.columns.length }, (_, k) => k);
    this.#batches = this.#state.batches('order', entries, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#logFrequency = logBatchFrequency(context.data).map((value) => settings.logQ * value);
    this.#users = this.#state.randomTable('users', positives.rowCount, dimensions);
    this.#items = this.#state.randomTable('items', positives.columnCount, dimensions);
    this.tables = [this.#users, this.#items];
  }

  async step(): Promise<number> {
    const entries = this.#batches.next();
    const { positives, weights } = this.#context.data;
    const users = entries.map((entry) => this.#userOfEntry[entry] as number);
    const items = entries.map((entry) => positives.columns[entry] as number);
    this.#users.adam.catchUp(users);
    this.#items.adam.catchUp(items);
    const result = await this.#lossOf(
      users,
      items,
      Float32Array.from(entries, (entry) => weights[entry] as number),
    );
    const { dimensions, learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    const userRows = mergeRows(users, result.users, dimensions);
    const itemRows = mergeRows(items, result.items, dimensions);
    this.#users.adam.stepRows(userRows.rows, userRows.gradients, rate);
    this.#items.adam.stepRows(itemRows.rows, itemRows.gradients, rate);
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength } = this.settings;
    const { data } = this.#context;
    this.#state.settle();
    return servedArtefact({
      method: 'two-tower',
      settings: this.settings,
      data,
      vocabulary,
      items: this.#items.values,
      width: dimensions,
      temperature,
      priorStrength,
      priorWindowDays: priorWindowByRule(data),
      users: trainedUsers(data, vocabulary, this.#users.values, dimensions, priorStrength),
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  async #lossOf(users: Uint32Array, items: Uint32Array, weights: Float32Array) {
    const { tf } = this.#engine;
    const { dimensions, temperature } = this.settings;
    const shape: [number, number] = [users.length, dimensions];
    const mask = falseNegatives(this.#context.data.positives, users, items, MASKED);
    return this.#engine.scope(async () => {
      const { loss, gradients } = infoNceLoss(tf, {
        users: tf.tensor2d(takeRows(this.#users.values, dimensions, users), shape),
        items: tf.tensor2d(takeRows(this.#items.values, dimensions, items), shape),
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
