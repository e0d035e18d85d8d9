import type { Engine } from '@kindred/compute';
import type { Random, SparseMatrix } from '@kindred/domain';
import { historyCclLoss } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import { denseProduct } from '../dense-product.js';
import type { EpochBatches } from '../epoch-batches.js';
import { HistoryPairs } from '../history-pairs.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact, trainedUsers } from '../served-artefact.js';
import { addRows, gatherRowSums, scatterRowSums, takeRows } from '../sparse-rows.js';
import { unownedCells } from '../unowned-cells.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { SimplexSettings } from './simplex-settings.js';

/** A training of SimpleX: p_u = g e_u + (1 - g) mean(history of u) V, with tables of users, of items, and V. */
export class SimplexRun implements MethodRun {
  readonly settings: SimplexSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #engine: Engine;
  readonly #state: RunState;
  readonly #pairs: HistoryPairs;
  readonly #shares: Float32Array; // [entries]: strength of each item over the sum of its user's
  readonly #batches: EpochBatches;
  readonly #negativeRandom: Random;
  readonly #users: TrainedTable; // e, [U, d]
  readonly #items: TrainedTable; // [I, d]
  readonly #mixing: TrainedTable; // V, [d, d]: a mean of items, as a row, times V is what a history wants
  readonly #itemGradient: Float32Array; // [I, d], zero between steps

  constructor(context: MethodContext, settings: SimplexSettings) {
    const { data, seed, engine } = context;
    const { dimensions } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#engine = engine;
    this.#state = new RunState(seed, 'simplex');
    this.#pairs = new HistoryPairs(data, dimensions, settings.batchSize, this.#state.arena);
    this.#shares = historyShares(data.positives);
    this.#negativeRandom = this.#state.random('negatives');
    const members = usersWithPositives(data);
    this.#batches = this.#state.batches('order', members, settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#users = this.#state.randomTable('users', data.positives.rowCount, dimensions);
    this.#items = this.#state.randomTable('items', data.positives.columnCount, dimensions);
    this.#mixing = this.#state.table('mixing', identity(dimensions), dimensions);
    this.#itemGradient = this.#state.arena.floats(this.#items.values.length);
    this.tables = [this.#users, this.#mixing, this.#items];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const negatives = sharedNegatives(
      this.#context.data.positives.columnCount,
      this.settings.negatives,
      this.#negativeRandom,
    );
    const { positives } = this.#context.data;
    const { dimensions: d, ownShare } = this.settings;
    this.#users.adam.catchUp(users);
    const means = new Float32Array(users.length * d); // [B, d]
    gatherRowSums(positives, this.#shares, users, this.#items.values, d, means);
    const wants = await this.#engine.matmul(means, [users.length, d], this.#mixing.values, [d, d]); // [B, d]
    const result = await this.#lossOf(users, mixed(takeRows(this.#users.values, d, users), wants, ownShare), negatives);

    this.#pairs.scatterTargets(
      users,
      this.#pairs.itemsOf(users),
      result.targets,
      this.#items.values,
      this.#items.adam.inverseNorms,
      this.#itemGradient,
    );
    addRows(result.negatives, negatives, d, this.#itemGradient);
    const wantsGradient = result.users.map((value) => (1 - ownShare) * value);
    const square = [users.length, d] as const;
    const mixingGradient = await this.#engine.matmul(means, square, wantsGradient, square, { transposeA: true });
    const meanGradient = await this.#engine.matmul(wantsGradient, square, this.#mixing.values, [d, d], {
      transposeB: true,
    });
    scatterRowSums(positives, this.#shares, users, meanGradient, d, this.#itemGradient);

    const { learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    this.#users.adam.stepRows(
      users,
      result.users.map((value) => ownShare * value),
      rate,
    );
    this.#mixing.adam.stepAll(mixingGradient, rate);
    this.#items.adam.stepAll(this.#itemGradient, rate);
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions: d, priorStrength, priorWindowDays, margin, ownShare } = this.settings;
    const { data } = this.#context;
    this.#state.settle();
    const context = denseProduct(this.#items.values, this.#mixing.values, d, d); // Y V, [I, d]
    const wants = new Float32Array(this.#users.values.length);
    const everybody = Uint32Array.from({ length: data.positives.rowCount }, (_, user) => user);
    gatherRowSums(data.positives, this.#shares, everybody, context, d, wants);
    const users = mixed(this.#users.values, wants, ownShare);
    return servedArtefact({
      method: 'simplex',
      settings: this.settings,
      data,
      vocabulary,
      items: this.#items.values,
      context,
      itemScale: new Float32Array(data.positives.columnCount).fill(1),
      width: d,
      temperature: (1 - margin) / 2, // half the room above the margin; the loss has no temperature of its own
      priorStrength,
      priorWindowDays,
      users: trainedUsers(data, vocabulary, users, d, priorStrength),
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  async #lossOf(users: Uint32Array, vectors: Float32Array, negatives: Uint32Array) {
    const { tf } = this.#engine;
    const { dimensions: d, margin, negativeWeight } = this.settings;
    const { positives } = this.#context.data;
    const targets = this.#pairs.sumTargets(users, this.#items.values, this.#items.adam.inverseNorms);
    const shares = rowShares(unownedCells(positives, users, negatives), negatives.length);
    return this.#engine.scope(async () => {
      const { loss, gradients } = historyCclLoss(tf, {
        users: tf.tensor2d(vectors, [users.length, d]),
        targets: tf.tensor2d(targets, [users.length, d]),
        negatives: tf.tensor2d(takeRows(this.#items.values, d, negatives), [negatives.length, d]),
        positiveWeights: this.#pairs.positiveWeights(users),
        shares: tf.tensor2d(shares, [users.length, negatives.length]),
        margin,
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
}

/** g a + (1 - g) b. */
function mixed(own: Float32Array, wants: Float32Array, ownShare: number): Float32Array {
  return own.map((value, k) => ownShare * value + (1 - ownShare) * (wants[k] as number));
}

/** Each entry's strength over the sum of its row's. [entries] */
function historyShares({ offsets, values, rowCount }: SparseMatrix): Float32Array {
  const shares = new Float32Array(values.length);
  for (let row = 0; row < rowCount; row++) {
    const entries = values.subarray(offsets[row], offsets[row + 1]);
    const total = entries.reduce((sum, value) => sum + value, 0);
    shares.set(
      entries.map((value) => value / total),
      offsets[row],
    );
  }
  return shares;
}

/** In place: every row divided by its sum; a row of zeros stays. */
function rowShares(cells: Float32Array, width: number): Float32Array {
  for (let start = 0; start < cells.length; start += width) {
    const row = cells.subarray(start, start + width);
    const total = row.reduce((sum, value) => sum + value, 0);
    if (total > 0) for (let k = 0; k < width; k++) row[k] = (row[k] as number) / total;
  }
  return cells;
}

function identity(width: number): Float32Array {
  return Float32Array.from({ length: width * width }, (_, k) => (k % (width + 1) === 0 ? 1 : 0));
}
