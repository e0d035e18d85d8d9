import type { Engine } from '@kindred/compute';
import { Random, rowDegrees } from '@kindred/domain';
import { differentiableCandidateSoftmax, MASKED, type Tensor2D, unitRows } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import { type ModelArtefact, type SequenceShape, type WeightPlace, weightCount, weightPlaces } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { WHOLE_LOG } from '../popularity.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { servedArtefact } from '../served-artefact.js';
import { addRow, takeRows } from '../sparse-rows.js';
import { MASK, NOTHING, type PackedBatch, packBatch, type Question } from './packed-batch.js';
import type { SequenceSettings } from './sequence-settings.js';
import { sequenceOf, type Sequences } from './sequences.js';
import { runTransformer } from './transformer.js';

/** What a method asks of a history, and how it is answered. */
export interface SequenceTask {
  readonly method: string;
  readonly shape: SequenceShape;
  readonly sequences: Sequences;
  /** Shortest sequence that can be asked about. */
  readonly shortest: number;
  /** @param items oldest first */
  ask(items: Uint32Array, random: Random): Question;
}

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
  readonly #negativeRandom: Random;
  readonly #dropRandom: Random;
  readonly #taskRandom: Random;
  readonly #places: readonly WeightPlace[];
  readonly #items: TrainedTable; // E, [I, d]
  readonly #weights: TrainedTable; // [n, d]
  readonly #itemGradient: Float32Array;
  readonly #weightGradient: Float32Array;
  readonly #unused: Float32Array;

  constructor(context: MethodContext, settings: SequenceSettings, task: SequenceTask) {
    const { positives } = context.data;
    const { dimensions, batchSize } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#engine = context.engine;
    this.#context = context;
    this.#task = task;
    this.#state = new RunState(context.seed, task.method);
    const lengths = rowDegrees(positives);
    const members = Uint32Array.from(lengths.keys()).filter((user) => (lengths[user] as number) >= task.shortest);
    this.#batches = this.#state.batches('order', members, batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    this.#negativeRandom = this.#state.random('negatives');
    this.#dropRandom = this.#state.random('dropout');
    this.#taskRandom = this.#state.random('questions');
    this.#places = weightPlaces(task.shape);
    const start = startWeights(task.shape, this.#places, new Random(context.seed, `${task.method} weights start`));
    this.#weights = this.#state.table('weights', start, dimensions);
    this.#items = this.#state.randomTable('items', positives.columnCount, dimensions);
    this.#itemGradient = new Float32Array(this.#items.values.length);
    this.#weightGradient = new Float32Array(start.length);
    this.#unused = new Float32Array(Math.max(positives.columnCount, start.length / dimensions));
    this.tables = [this.#weights, this.#items];
  }

  async step(): Promise<number> {
    const users = this.#batches.next();
    const questions = Array.from(users, (user) => this.#task.ask(sequenceOf(this.#task.sequences, user), this.#taskRandom));
    const batch = packBatch(questions, this.#task.shape.causal);
    const negatives = sharedNegatives(this.#context.data.positives.columnCount, this.settings.negatives, this.#negativeRandom);
    const result = await this.#lossOf(batch, negatives);
    this.#scatter(batch, negatives, result);
    const { learningRate, finalLearningRate, dimensions } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    this.#weights.adam.stepAll(this.#weightGradient, rate, this.#unused.subarray(0, this.#weightGradient.length / dimensions));
    this.#items.adam.stepAll(this.#itemGradient, rate, this.#unused.subarray(0, this.#itemGradient.length / dimensions));
    return result.loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const { dimensions, temperature, priorStrength, similarity } = this.settings;
    return servedArtefact({
      method: this.#task.method,
      settings: this.settings,
      data: this.#context.data,
      vocabulary,
      items: this.#items.values,
      sequence: { shape: this.#task.shape, weights: this.#weights.values },
      context: this.#items.values,
      width: dimensions,
      temperature,
      priorStrength,
      priorWindowDays: WHOLE_LOG,
      keepLength: similarity === 'dot',
    });
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }

  async #lossOf(batch: PackedBatch, negatives: Uint32Array) {
    const { tf } = this.#engine;
    const { dimensions: d, temperature, similarity } = this.settings;
    const { rowCount, rowLength, asked, targets } = batch;
    const rows = this.#inputRows(batch);
    const places = this.#places.filter(({ name }) => name !== 'positions' && name !== 'mask');
    return this.#engine.scope(async () => {
      const sight = tf.tensor4d(batch.sight, [rowCount, 1, rowLength, rowLength]);
      const hits = tf.mul(
        tf.cast(
          tf.equal(
            tf.tensor2d(Int32Array.from(targets), [targets.length, 1], 'int32'),
            tf.tensor2d(Int32Array.from(negatives), [1, negatives.length], 'int32'),
          ),
          'float32',
        ),
        MASKED,
      ) as Tensor2D;
      const everything = asked.length === rowCount * rowLength;
      const askedPlaces = tf.tensor1d(Int32Array.from(asked), 'int32');
      const unit = (x: Tensor2D) => (similarity === 'dot' ? x : unitRows(tf, x).unit);
      const objective = tf.valueAndGrads((...args) => {
        const [input, target, negative, ...weights] = args as Tensor2D[];
        const byName = new Map(places.map(({ name }, k) => [name, weights[k] as Tensor2D]));
        const out = runTransformer(tf, this.#task.shape, {
          rows: input as Tensor2D,
          sight,
          rowCount,
          weights: (name) => byName.get(name) as Tensor2D,
          drop: (x) => this.#drop(x),
        });
        const queries = everything ? out : tf.gather(out, askedPlaces);
        return differentiableCandidateSoftmax(tf, {
          queries: unit(queries as Tensor2D),
          targets: unit(target as Tensor2D),
          negatives: unit(negative as Tensor2D),
          mask: hits,
          temperature,
        });
      });
      const { value, grads } = objective([
        tf.tensor2d(rows, [rowCount * rowLength, d]),
        tf.tensor2d(takeRows(this.#items.values, d, targets), [targets.length, d]),
        tf.tensor2d(takeRows(this.#items.values, d, negatives), [negatives.length, d]),
        ...places.map(({ shape, start, end }) =>
          tf.tensor2d(this.#weights.values.subarray(start, end), [shape[0], shape[1]]),
        ),
      ]);
      const [input, target, negative, ...weights] = grads as Tensor2D[];
      const flat = tf.concat(weights.map((gradient) => tf.reshape(gradient, [-1, d])));
      return {
        inputs: await this.#engine.read(input as Tensor2D),
        targets: await this.#engine.read(target as Tensor2D),
        negatives: await this.#engine.read(negative as Tensor2D),
        weights: await this.#engine.read(flat),
        loss: (await this.#engine.read(value))[0] as number,
      };
    });
  }

  #inputRows({ items, positions }: PackedBatch): Float32Array {
    const d = this.settings.dimensions;
    const rows = new Float32Array(items.length * d);
    const weights = this.#weights.values;
    items.forEach((item, place) => {
      if (item === NOTHING) return;
      if (item === MASK) addRow(weights, this.#task.shape.length * d, 1, rows, place * d, d);
      else addRow(this.#items.values, item * d, 1, rows, place * d, d);
      addRow(weights, (positions[place] as number) * d, 1, rows, place * d, d);
    });
    return rows;
  }

  #scatter(
    { items, positions, targets }: PackedBatch,
    negatives: Uint32Array,
    result: { inputs: Float32Array; targets: Float32Array; negatives: Float32Array; weights: Float32Array },
  ): void {
    const d = this.settings.dimensions;
    this.#weightGradient.set(result.weights, this.#weightGradient.length - result.weights.length);
    items.forEach((item, place) => {
      if (item === NOTHING) return;
      if (item === MASK) addRow(result.inputs, place * d, 1, this.#weightGradient, this.#task.shape.length * d, d);
      else addRow(result.inputs, place * d, 1, this.#itemGradient, item * d, d);
      addRow(result.inputs, place * d, 1, this.#weightGradient, (positions[place] as number) * d, d);
    });
    targets.forEach((item, k) => {
      addRow(result.targets, k * d, 1, this.#itemGradient, item * d, d);
    });
    negatives.forEach((item, k) => {
      addRow(result.negatives, k * d, 1, this.#itemGradient, item * d, d);
    });
  }

  #drop(values: Tensor2D): Tensor2D {
    const { dropout } = this.settings;
    if (dropout === 0) return values;
    const { tf } = this.#engine;
    return tf.mul(values, tf.tensor2d(dropMask(values.size, dropout, this.#dropRandom), values.shape));
  }
}

/** 0 with probability `share`, else 1 / (1 - share). Sixteen bits a place. */
function dropMask(size: number, share: number, random: Random): Float32Array {
  const kept = 1 / (1 - share);
  const border = Math.round(share * 0x1_0000);
  const mask = new Float32Array(size);
  for (let k = 0; k < size; k += 2) {
    const word = random.uint32();
    mask[k] = (word & 0xffff) < border ? 0 : kept;
    if (k + 1 < size) mask[k + 1] = word >>> 16 < border ? 0 : kept;
  }
  return mask;
}

function startWeights(shape: SequenceShape, places: readonly WeightPlace[], random: Random): Float32Array {
  const weights = new Float32Array(weightCount(shape));
  for (const { name, shape: [inputs, outputs], start, end } of places) {
    if (name.endsWith('Gain')) weights.fill(1, start, end);
    else if (name === 'positions' || name === 'mask') {
      for (let k = start; k < end; k++) weights[k] = (Number(process.env.KPOS ?? 0.1) * random.normal()) / Math.sqrt(outputs);
    } else if (inputs > 1) {
      const scale = name.endsWith('attended') || name.endsWith('output') ? Number(process.env.KOUT ?? 0.3) : 1;
      for (let k = start; k < end; k++) weights[k] = (scale * random.normal()) / Math.sqrt(inputs);
    }
  }
  return weights;
}
