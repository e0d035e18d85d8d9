import { type Random, rowDegrees, type TrainingData } from '@kindred/domain';
import type { RunState, TrainedTable } from '../run-state.js';
import { addRows, takeRows } from '../sparse-rows.js';
import type { InductiveSettings } from './inductive-settings.js';

/**
 * X [U, d], a vector for each known user, added to the sum of their history: p_u = X_u + sum_i s_ui C_i. In every step
 * it is left out for a random part of the users, so that a history alone stays enough: who has no row of the table is
 * served by the same encoder.
 */
export class UserTable {
  readonly table: TrainedTable;
  readonly #dropout: number;
  readonly #random: Random;
  readonly #kept: Uint32Array; // [largest batch]: users of the step whose row was added
  readonly #places: Uint32Array; // [largest batch]: their places in the batch
  readonly #rows: Float32Array; // [largest batch, d]: scratch
  #count = 0;

  constructor(state: RunState, start: Float32Array, settings: InductiveSettings, largestBatch: number) {
    this.table = state.table('users', start, settings.dimensions);
    this.#dropout = settings.userDropout;
    this.#random = state.random('user dropout');
    this.#kept = state.arena.words(largestBatch);
    this.#places = state.arena.words(largestBatch);
    this.#rows = state.arena.floats(largestBatch * settings.dimensions);
  }

  /** Draws whose row takes part in this step, and adds it. @param sums [B, d] */
  addTo(sums: Float32Array, users: Uint32Array): void {
    this.#count = 0;
    users.forEach((user, place) => {
      if (this.#random.next() < this.#dropout) return;
      this.#kept[this.#count] = user;
      this.#places[this.#count++] = place;
    });
    const { values, width, adam } = this.table;
    const kept = this.#kept.subarray(0, this.#count);
    adam.catchUp(kept);
    const rows = takeRows(values, width, kept, this.#rows.subarray(0, this.#count * width));
    addRows(rows, this.#places.subarray(0, this.#count), width, sums);
  }

  /** dX_u = dp_u of the users whose row took part. @param gradients [B, d] */
  step(gradients: Float32Array, rate: number): void {
    const { width, adam } = this.table;
    const places = this.#places.subarray(0, this.#count);
    const own = takeRows(gradients, width, places, this.#rows.subarray(0, this.#count * width));
    adam.stepRows(this.#kept.subarray(0, this.#count), own, rate);
  }

  /** A copy of X; zero for users without a pair, whose row nothing has moved. [U, d] */
  bases({ positives }: TrainingData): Float32Array {
    const { values, width, adam } = this.table;
    adam.settle();
    const bases = values.slice();
    rowDegrees(positives).forEach((degree, user) => {
      if (degree === 0) bases.fill(0, user * width, (user + 1) * width);
    });
    return bases;
  }
}
