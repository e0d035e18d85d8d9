import type { Engine } from '@kindred/compute';
import { KindredError, Random } from '@kindred/domain';
import { sharedNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import { type ModelArtefact, type SequenceShape, type WeightPlace, weightPlaces } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { WHOLE_LOG } from '../popularity.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact } from '../served-artefact.js';
import { addRows, takeRows } from '../sparse-rows.js';
import { createDropout, type Dropout } from './dropout.js';
import { type PackedBatch, packBatch, type Question } from './packed-batch.js';
import { gatherPackedRows, type RowPlaces, type RowTables, rowPlacesOf, scatterPackedRows } from './packed-rows.js';
import { type SequenceLossResult, sequenceLoss } from './sequence-loss.js';
import type { SequenceSettings } from './sequence-settings.js';
import { type Sequences, sequenceOf } from './sequences.js';
import { startWeights } from './start-weights.js';

/** What a method asks of a history; all else is the same for next-item and masked. */
interface SequenceTask {
  readonly method: string;
  readonly shape: SequenceShape;
  readonly sequences: Sequences;
  /** @param items two at least, oldest first */
  ask(items: Uint32Array, random: Random): Question;
}

/** Fewer items than these leave nothing to ask about, or nothing to answer from. */
const SHORTEST = 2;

/** A training of a sequence encoder: the item table E, read as history and ranked as answer, and all other weights. */
export class SequenceRun implements MethodRun {
  readonly settings: SequenceSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #engine: Engine;
  readonly #context: MethodContext;
  readonly #task: SequenceTask;
  readonly #state: RunState;
  readonly #batches: EpochBatches;
  readonly #questionRandom: Random;
  readonly #negativeRandom: Random;
  readonly #drop: Dropout;
  readonly #rowPlaces: RowPlaces;
  /** Of the weights that enter products, the last ones: positions and mask come in with the rows. */
  readonly #places: readonly WeightPlace[];
  readonly #weights: TrainedTable; // [n, d]
  readonly #items: TrainedTable; // E, [I, d]
  readonly #gradients: RowTables; // zero between steps

  /** @throws KindredError DATA_EMPTY when nobody has two items */
  constructor(context: MethodContext, settings: SequenceSettings, task: SequenceTask) {
    const itemCount = context.data.positives.columnCount;
    const { dimensions, batchSize, dropout } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#engine = context.engine;
    this.#context = context;
    this.#task = task;
    this.#state = new RunState(context.seed, task.method);
    this.#batches = this.#state.batches('order', askable(task.sequences), batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#questionRandom = this.#state.random('questions');
    this.#negativeRandom = this.#state.random('negatives');
    this.#drop = createDropout(context.engine.tf, dropout, this.#state.random('dropout'));
    const places = weightPlaces(task.shape);
    this.#rowPlaces = rowPlacesOf(places);
    this.#places = places.filter(({ name }) => !['positions', 'mask'].includes(name));
    const start = startWeights(task.shape, new Random(context.seed, `${task.method} weights start`));
    this.#weights = this.#state.table('weights', start, dimensions);
    this.#items = this.#state.randomTable('items', itemCount, dimensions);
    this.#gradients = { items: new Float32Array(itemCount * dimensions), weights: new Float32Array(start.length) };
    this.tables = [this.#weights, this.#items];
  }

  async step(): Promise<number> {
    const { sequences, shape } = this.#task;
    const questions = Array.from(this.#batches.next(), (user) =>
      this.#task.ask(sequenceOf(sequences, user), this.#questionRandom),
    );
    const batch = packBatch(questions, shape.causal);
    const { columnCount } = this.#context.data.positives;
    const negatives = sharedNegatives(columnCount, this.settings.negatives, this.#negativeRandom);
    const result = await this.#lossOf(batch, negatives);
    this.#scatter(batch, negatives, result);
    const { learningRate, finalLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    this.#moveAll(this.#weights, this.#gradients.weights, rate);
    this.#moveAll(this.#items, this.#gradients.items, rate);
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength } = this.settings;
    return servedArtefact({
      method: this.#task.method,
      settings: this.settings,
      data: this.#context.data,
      vocabulary,
      items: this.#items.values,
      context: this.#items.values,
      sequence: { shape: this.#task.shape, weights: this.#weights.values },
      width: dimensions,
      temperature,
      priorStrength,
      priorWindowDays: WHOLE_LOG,
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  #lossOf(batch: PackedBatch, negatives: Uint32Array): Promise<SequenceLossResult> {
    const { dimensions, temperature } = this.settings;
    const weights = this.#weights.values;
    const items = this.#items.values;
    const drawn = new Set(negatives);
    return sequenceLoss(this.#engine, {
      shape: this.#task.shape,
      batch,
      rows: gatherPackedRows(batch, { items, weights }, this.#rowPlaces, dimensions),
      targets: takeRows(items, dimensions, batch.targets),
      candidates: takeRows(items, dimensions, negatives),
      isCandidate: Float32Array.from(batch.targets, (item) => (drawn.has(item) ? 1 : 0)),
      weights,
      places: this.#places,
      temperature,
      drop: this.#drop,
    });
  }

  /** An item is read, right and wrong at once: its gradient is the sum of all three. */
  #scatter(batch: PackedBatch, negatives: Uint32Array, result: SequenceLossResult): void {
    const { dimensions } = this.settings;
    const { items, weights } = this.#gradients;
    weights.set(result.weights, this.#places[0]?.start);
    scatterPackedRows(batch, result.rows, this.#gradients, this.#rowPlaces, dimensions);
    addRows(result.targets, batch.targets, dimensions, items);
    addRows(result.candidates, negatives, dimensions, items);
  }

  #moveAll({ adam }: TrainedTable, gradient: Float32Array, rate: number): void {
    adam.stepAll(gradient, rate);
  }
}

/** Users with enough items to be asked about. */
function askable({ offsets }: Sequences): Uint32Array {
  const users = Uint32Array.from({ length: offsets.length - 1 }, (_, user) => user);
  const members = users.filter((user) => (offsets[user + 1] as number) - (offsets[user] as number) >= SHORTEST);
  if (members.length === 0) {
    throw new KindredError('DATA_EMPTY', 'no user has two positive interactions in train: nothing follows anything');
  }
  return members;
}
