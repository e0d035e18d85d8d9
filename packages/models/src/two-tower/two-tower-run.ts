import type { Engine } from '@kindred/compute';
import { KindredError, type SparseMatrix } from '@kindred/domain';
import { hasNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { priorWindowByRule } from '../popularity.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact, trainedUsers } from '../served-artefact.js';
import { takeRows } from '../sparse-rows.js';
import { mergeRows } from './merge-rows.js';
import { createNegativeSource, type DrawnNegatives, type NegativeSource } from './negative-source.js';
import { getObjective, type Objective, type PairBatch } from './objectives.js';
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
  readonly #objective: Objective;
  readonly #negatives: NegativeSource;
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
    this.#objective = getObjective(settings);
    const entries = this.#trainableEntries();
    this.#batches = this.#state.batches('order', entries, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    const random = () => this.#state.random('negatives');
    this.#negatives = createNegativeSource(this.#objective.negatives, context.data, settings, random);
    this.#users = this.#state.randomTable('users', positives.rowCount, dimensions);
    this.#items = this.#state.randomTable('items', positives.columnCount, dimensions);
    this.tables = [this.#users, this.#items];
  }

  async step(): Promise<number> {
    const entries = this.#batches.next();
    const { positives, weights } = this.#context.data;
    const users = entries.map((entry) => this.#userOfEntry[entry] as number);
    const items = entries.map((entry) => positives.columns[entry] as number);
    const negatives = this.#negatives.draw(users, items);
    const pairWeights = Float32Array.from(entries, (entry) => weights[entry] as number);
    this.#users.adam.catchUp(users);
    this.#items.adam.catchUp(items);
    this.#items.adam.catchUp(negatives.items);
    const result = await this.#lossOf(users, items, pairWeights, negatives);
    const { dimensions, learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    const userRows = mergeRows(users, result.users, dimensions);
    const named = new Uint32Array(items.length + negatives.items.length);
    named.set(items);
    named.set(negatives.items, items.length);
    const itemRows = mergeRows(named, concatenated(result.items, result.negatives), dimensions);
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

  async #lossOf(users: Uint32Array, items: Uint32Array, weights: Float32Array, drawn: DrawnNegatives) {
    const { tf } = this.#engine;
    const { logQ } = this.#negatives;
    const correctionOf = (of: Uint32Array) => Float32Array.from(of, (item) => logQ[item] as number);
    const { mask } = drawn;
    return this.#engine.scope(async () => {
      const rowsOf = ({ values, width }: TrainedTable, rows: Uint32Array) =>
        tf.tensor2d(takeRows(values, width, rows), [rows.length, width]);
      const batch: PairBatch = {
        userOfRow: users,
        itemOfRow: items,
        weights,
        itemCount: logQ.length,
        users: rowsOf(this.#users, users),
        items: rowsOf(this.#items, items),
        itemLogQ: correctionOf(items),
        mask: mask && tf.tensor2d(mask, [users.length, mask.length / users.length]),
        negatives:
          drawn.items.length === 0
            ? undefined
            : { rows: rowsOf(this.#items, drawn.items), logQ: correctionOf(drawn.items) },
      };
      const { loss, gradients } = this.#objective.loss(tf, batch, this.settings);
      return {
        users: await this.#engine.read(gradients.users),
        items: await this.#engine.read(gradients.items),
        negatives: gradients.negatives && (await this.#engine.read(gradients.negatives)),
        loss: (await this.#engine.read(loss))[0] as number,
      };
    });
  }

  /** All pairs; where each needs negatives of its own, those whose user does not have everything. */
  #trainableEntries(): Uint32Array {
    const { positives } = this.#context.data;
    const all = Uint32Array.from({ length: positives.columns.length }, (_, entry) => entry);
    if (this.#objective.negatives !== 'own') return all;
    const entries = all.filter((entry) => hasNegatives(positives, this.#userOfEntry[entry] as number));
    if (entries.length > 0) return entries;
    throw new KindredError('NEGATIVES_EXHAUSTED', `every user has all ${positives.columnCount} items`);
  }
}

/** One array after the other. */
function concatenated(first: Float32Array, second: Float32Array | undefined): Float32Array {
  if (second === undefined) return first;
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The row that each entry stands in. [entries] */
function rowOfEntry({ offsets, columns, rowCount }: SparseMatrix): Uint32Array {
  const rows = new Uint32Array(columns.length);
  for (let row = 0; row < rowCount; row++) rows.fill(row, offsets[row], offsets[row + 1]);
  return rows;
}
