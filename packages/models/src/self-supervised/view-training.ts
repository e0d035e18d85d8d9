import type { Random, SparseMatrix } from '@kindred/domain';
import { featureNoise } from '@kindred/pairs';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import type { MethodContext, Vocabulary } from '../learned-method.js';
import { inverseRootPopularity } from '../popularity.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { type ServedParts, servedArtefact } from '../served-artefact.js';
import { usersWithPositives } from '../users-with-positives.js';
import { HistoryTower } from './history-tower.js';
import type { ViewBatch } from './view-batch.js';
import { type ViewPair, ViewPairs } from './view-pairs.js';
import type { ViewSettings } from './view-settings.js';

/**
 * What the methods on two views share: the order in which users come, their views, the tower that encodes them, and
 * the schedule. Loss, negatives, momentum and predictors are each method's own.
 */
export class ViewTraining {
  readonly state: RunState;
  readonly stepsPerEpoch: number;
  readonly tower: HistoryTower;
  readonly #context: MethodContext;
  readonly #method: string;
  readonly #settings: ViewSettings;
  readonly #batches: EpochBatches;
  readonly #pairs: ViewPairs;
  readonly #noise: Random;

  /** @param generated [U, I], as `generatedOfSparseUsers` gives it */
  constructor(context: MethodContext, settings: ViewSettings, method: string, generated?: SparseMatrix) {
    const { data, seed } = context;
    this.#context = context;
    this.#method = method;
    this.#settings = settings;
    this.state = new RunState(seed, method);
    this.#batches = this.state.batches('order', usersWithPositives(data), settings.batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch * settings.passes;
    this.#pairs = new ViewPairs(data, inverseRootPopularity(data), settings, this.state.random('views'), generated);
    this.#noise = this.state.random('noise');
    this.tower = new HistoryTower(this.state.randomTable('items', data.positives.columnCount, settings.dimensions));
  }

  /** The views of the next batch. */
  next(): ViewPair {
    return this.#pairs.draw(this.#batches.next());
  }

  /** The views' vectors, with the noise that is asked for. @param values the momentum copy; absent: the table. [B, d] */
  encode(views: ViewBatch, values?: Float32Array): Float32Array {
    const { noise, dimensions } = this.#settings;
    const sums = this.tower.encode(views, values);
    return noise === 0 ? sums : featureNoise(sums, dimensions, noise, this.#noise);
  }

  /** Moves the tower by the gradients of views, and each further table by its own. @param views with dp, [B, d] each */
  step(
    views: readonly (readonly [ViewBatch, Float32Array])[],
    further: readonly (readonly [TrainedTable, Float32Array])[] = [],
  ): void {
    const { epochs, learningRate, finalRateShare } = this.#settings;
    const { adam } = this.tower.table;
    const rate = cosineRate(learningRate, finalRateShare * learningRate, adam.steps, epochs * this.stepsPerEpoch);
    for (const [batch, gradients] of views) this.tower.collect(batch, gradients);
    this.tower.step(rate);
    for (const [table, gradient] of further) table.adam.stepAll(gradient, rate);
  }

  /** The tower as a model: its table serves items and histories both, unless `own` has others. */
  artefact(vocabulary: Vocabulary, temperature: number, own: Partial<ServedParts> = {}): ModelArtefact {
    const { dimensions, priorStrength, priorWindowDays } = this.#settings;
    const { values } = this.tower.table;
    return servedArtefact({
      method: this.#method,
      settings: this.#settings,
      data: this.#context.data,
      vocabulary,
      items: values,
      context: values,
      width: dimensions,
      temperature,
      priorStrength,
      priorWindowDays,
      ...own,
    });
  }
}
