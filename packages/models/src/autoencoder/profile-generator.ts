import type { Engine } from '@kindred/compute';
import { columnDegrees, Random, type TrainingData } from '@kindred/domain';
import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import type { MethodContext } from '../learned-method.js';
import { priorPopularity, WHOLE_LOG } from '../popularity.js';
import { RowSet } from '../row-set.js';
import { expectedItems, GradientTable } from '../row-updates.js';
import type { RunState, TrainedTable } from '../run-state.js';
import { addRows, takeRows } from '../sparse-rows.js';
import { spectralStart } from '../spectral-start.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { AutoencoderBody, ProfileReading } from './autoencoder-body.js';
import { autoencoderLoss, type GeneratorTerm } from './autoencoder-loss.js';
import type { AutoencoderSettings } from './autoencoder-settings.js';
import { type Candidates, candidatesOf } from './candidates.js';
import type { Corruption } from './corruption.js';
import { Profiles } from './profiles.js';

/** What a method puts between profile and items, and how much of the profile it hides; all else is the same for all. */
export interface GeneratorTask {
  readonly hide: Corruption;
  createBody(parts: BodyParts): AutoencoderBody;
}

/** What a body may be built upon. */
export interface BodyParts {
  readonly state: RunState;
  readonly profiles: Profiles;
  readonly context: TrainedTable; // C, [I, h]
}

/** Some users with a part of their profiles, and the items that they are ranked among. It stands until the next is drawn. */
export interface ProfileBatch {
  /** [B] */
  readonly users: Uint32Array;
  readonly candidates: Candidates;
  /** c, [K]: the log of the popularity of each candidate, and of how many it stands for. */
  readonly offsets: Float32Array;
  /** [B, w]: what is left of the profiles, as the body reads it; for most s, [B, h], the sums. */
  readonly rows: Float32Array;
  /** n, [B]: the weight of what is to be found. */
  readonly positiveWeights: Float32Array;
  /** The rows of C that have part in it, those of W; each once. */
  readonly touched: Uint32Array;
  readonly named: Uint32Array;
}

/** Where a batch draws what it has of chance. */
export interface BatchRandom {
  readonly corruption: Random;
  readonly candidates: Random;
  /** Of the body; absent: its own. */
  readonly body?: Random | undefined;
}

/** Of a step, with room for the largest batch. */
interface StepArrays {
  readonly rows: Float32Array; // [B, w]
  readonly targets: Float32Array; // t, [B, h]
  readonly rowGradients: Float32Array; // [B, w]
  readonly targetGradients: Float32Array; // [B, h]
}

/** What C and W begin with, [I, h]: the spectral start. @param method its name is part of the label of the draws */
export async function startOfItems(
  { engine, data, seed }: MethodContext,
  { dimensions, startIterations }: AutoencoderSettings,
  method: string,
): Promise<Float32Array> {
  const random = new Random(seed, `${method} start`);
  return (await spectralStart(engine, data.positives, dimensions, startIterations, random)).items;
}

/**
 * Few items in, a distribution over all of them out, and how it learns: C that a profile is read from, the body, and W that
 * ranks the items by softmax(W h + c).
 */
export class ProfileGenerator {
  readonly profiles: Profiles;
  readonly input: TrainedTable; // C, [I, h]
  readonly items: TrainedTable; // W, [I, h]
  readonly body: AutoencoderBody;
  readonly #engine: Engine;
  readonly #task: GeneratorTask;
  readonly #reading: ProfileReading;
  readonly #settings: AutoencoderSettings;
  readonly #logPrior: Float32Array; // [I]
  readonly #inputGradient: GradientTable;
  readonly #itemGradient: GradientTable;
  readonly #arrays: StepArrays;
  readonly #named: RowSet; // rows of W that the step moves
  readonly #random: BatchRandom;

  /** @param start [I, h], of C and of W */
  constructor(
    state: RunState,
    { data, engine }: MethodContext,
    settings: AutoencoderSettings,
    task: GeneratorTask,
    start: Float32Array,
  ) {
    const { arena } = state;
    const { dimensions: width, batchSize, negatives } = settings;
    this.#engine = engine;
    this.#task = task;
    this.#settings = settings;
    this.#random = { corruption: state.random('corruption'), candidates: state.random('candidates') };
    this.#logPrior = priorPopularity(data, WHOLE_LOG).map(Math.log);
    this.profiles = new Profiles(data, arena);
    this.input = state.table('input', start, width);
    this.items = state.table('items', start, width);
    this.body = task.createBody({ state, profiles: this.profiles, context: this.input });
    this.#reading = this.body.reading ?? sumReading(this.profiles, width);
    const largestBatch = Math.min(usersWithPositives(data).length, batchSize);
    this.#arrays = {
      rows: arena.floats(largestBatch * this.#reading.width),
      targets: arena.floats(largestBatch * width),
      rowGradients: arena.floats(largestBatch * this.#reading.width),
      targetGradients: arena.floats(largestBatch * width),
    };
    this.#inputGradient = new GradientTable(this.input, expectedOf(data, batchSize, 0), arena);
    this.#itemGradient = new GradientTable(this.items, expectedOf(data, batchSize, negatives), arena);
    this.#named = new RowSet(data.positives.columnCount);
  }

  /** Hides a part of each profile, and draws the items of the softmax. */
  draw(users: Uint32Array, random: BatchRandom = this.#random): ProfileBatch {
    const { profiles } = this;
    const { negatives } = this.#settings;
    // A copy: whoever looks at profiles before the step asks for items of its own.
    const touched = profiles.itemsOf(users).slice();
    const candidates = candidatesOf(touched, this.#logPrior.length, negatives, random.candidates);
    const named = this.#named.clear().add(touched).add(candidates.items).rows;
    this.input.adam.catchUp(touched);
    this.items.adam.catchUp(named);
    this.#task.hide(profiles, users, random.corruption);
    const room = users.length * this.#reading.width;
    // Who only looks may draw more users than a step has.
    const rows = room <= this.#arrays.rows.length ? this.#arrays.rows.subarray(0, room) : new Float32Array(room);
    this.#reading.read(users, this.input.values, rows);
    const logPriorOf = (k: number) => this.#logPrior[candidates.items[k] as number] as number;
    return {
      users,
      candidates,
      offsets: candidates.logCounts.map((count, k) => count + logPriorOf(k)),
      rows,
      positiveWeights: profiles.positiveWeights(users),
      touched,
      named,
    };
  }

  /**
   * What it makes of a batch, for somebody who computes with it and nothing to learn here. To be called in a scope.
   * @returns h, [B, h], and W of the candidates, [K, h]
   */
  forward(tf: TensorFlow, batch: ProfileBatch, random?: Random): { hidden: Tensor2D; items: Tensor2D } {
    const { dimensions: width } = this.#settings;
    const { users, rows: read, candidates, positiveWeights } = batch;
    const forward = this.body.prepare({ users, rows: read, positiveWeights, progress: 0, random });
    const layers = this.body.layers.map((layer) =>
      tf.tensor2d(layer.values, [layer.values.length / layer.width, layer.width]),
    );
    const { hidden } = tf.tidy(() => {
      const { hidden: last } = forward(tf, tf.tensor2d(read, [users.length, this.#reading.width]), layers);
      return { hidden: last };
    });
    const rows = takeRows(this.items.values, width, candidates.items);
    return { hidden, items: tf.tensor2d(rows, [candidates.items.length, width]) };
  }

  /**
   * One step of the optimiser, by the likelihood of what is to be found and what a method adds to it.
   * @param progress how much of the planned training is done, 0 .. 1
   * @returns the loss
   */
  async learn(batch: ProfileBatch, rate: number, progress: number, term?: GeneratorTerm): Promise<number> {
    const { profiles } = this;
    const { dimensions: width } = this.#settings;
    const { users, rows, candidates, offsets, positiveWeights } = batch;
    const room = users.length * width;
    const targets = this.#arrays.targets.subarray(0, room);
    profiles.sumTargets(users, this.items.values, width, targets); // t, [B, h]
    const gradients = {
      rows: this.#arrays.rowGradients.subarray(0, rows.length),
      targets: this.#arrays.targetGradients.subarray(0, room),
      items: new Float32Array(candidates.items.length * width),
      layers: this.body.layers.map(({ values }) => new Float32Array(values.length)),
    };
    const inputs = {
      forward: this.body.prepare({ users, rows, positiveWeights, progress }),
      term,
      rows,
      rowWidth: this.#reading.width,
      targets,
      items: takeRows(this.items.values, width, candidates.items),
      width,
      offsets,
      positiveWeights,
      layers: this.body.layers,
    };
    const loss = await autoencoderLoss(this.#engine, inputs, gradients);
    this.#reading.scatter(users, gradients.rows, this.#inputGradient.gradient);
    profiles.scatterTargets(users, gradients.targets, width, this.#itemGradient.gradient);
    addRows(gradients.items, candidates.items, width, this.#itemGradient.gradient);
    this.#inputGradient.step(batch.touched, rate);
    this.#itemGradient.step(batch.named, rate);
    this.body.layers.forEach(({ adam }, k) => {
      adam.stepAll(gradients.layers[k] as Float32Array, rate);
    });
    return loss;
  }

  /** Steps taken. */
  get steps(): number {
    return this.items.adam.steps;
  }
}

/** s = sum_i x~_i C_i */
function sumReading(profiles: Profiles, width: number): ProfileReading {
  return {
    width,
    read: (users, table, out) => profiles.sumCorrupted(users, table, width, out),
    scatter: (users, gradients, tableGradient) => profiles.scatterCorrupted(users, gradients, width, tableGradient),
  };
}

/** How many items a batch names on average, with so many drawn ones. */
function expectedOf(data: TrainingData, batchSize: number, drawn: number): number {
  const degrees = columnDegrees(data.positives);
  const batches = Math.max(1, Math.ceil(usersWithPositives(data).length / batchSize));
  return expectedItems(degrees, 1 / batches, drawn / degrees.length);
}
