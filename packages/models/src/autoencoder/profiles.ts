import type { Arena } from '@kindred/compute';
import type { Random, SparseMatrix, TrainingData } from '@kindred/domain';
import { RowSet } from '../row-set.js';
import { gatherRowSums, type SparsePattern, scatterRowSums } from '../sparse-rows.js';

/**
 * The sparse side of an autoencoder: what users have, once as the input and once as what is to be found again. A profile
 * enters as x_ui = h_ui / |h_u|, h the strengths; its items are found again with the weights a_ui of the training data.
 * How a batch was corrupted or truncated stands until a user of it is again.
 */
export class Profiles {
  readonly #pattern: SparsePattern;
  readonly #inputs: Float32Array; // x, [entries]
  readonly #corrupted: Float32Array; // of the users of the last `corrupt`, [entries]
  readonly #lossWeights: Float32Array; // a, [entries]
  readonly #positiveWeights: Float32Array; // [U]: sum of a over what is to be found
  readonly #masses: Float32Array; // [U]: sum of x
  readonly #items: RowSet;
  readonly #arena: Arena;
  readonly #times: Float64Array | undefined;
  #hiddenWeights: Float32Array | undefined; // a of what was hidden, 0 of what was kept, once a profile was truncated

  /** @param arena takes a copy of the pairs */
  constructor({ positives, weights, times }: TrainingData, arena: Arena) {
    this.#pattern = { offsets: arena.place(positives.offsets), columns: arena.place(positives.columns) };
    this.#inputs = arena.place(unitStrengths(positives));
    this.#corrupted = arena.floats(weights.length);
    this.#lossWeights = arena.place(weights);
    this.#positiveWeights = rowSums(positives, weights);
    this.#masses = rowSums(positives, this.#inputs);
    this.#times = times;
    this.#arena = arena;
    this.#items = new RowSet(positives.columnCount);
  }

  /** The items that a batch of users has, each once. [n], a view that stands until the next call */
  itemsOf(users: Uint32Array): Uint32Array {
    const { offsets, columns } = this.#pattern;
    this.#items.clear();
    for (const user of users) this.#items.add(columns, offsets[user], offsets[user + 1]);
    return this.#items.rows;
  }

  /**
   * Leaves a random share of each profile out of its input, and makes the rest larger by as much (Vincent et al., ICML
   * 2008). Nothing but the user's own entries ever enters.
   */
  corrupt(users: Uint32Array, share: number, random: Random): void {
    const { offsets } = this.#pattern;
    const bar = share * 0x1_0000_0000;
    const scale = share < 1 ? 1 / (1 - share) : 0;
    for (const user of users) {
      for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) {
        const kept = share === 0 || random.uint32() >= bar;
        this.#corrupted[e] = kept ? scale * (this.#inputs[e] as number) : 0;
      }
    }
  }

  /**
   * Keeps 1 to `most` items of each profile, each number as likely, drawn at random and entering as a profile of their own;
   * the others are to be found, and at least one is hidden where there are two.
   */
  truncate(users: Uint32Array, most: number, random: Random): void {
    const { offsets } = this.#pattern;
    this.#hiddenWeights ??= this.#arena.floats(this.#lossWeights.length);
    for (const user of users) {
      const [start, end] = [offsets[user] as number, offsets[user + 1] as number];
      this.#corrupted.fill(0, start, end);
      this.#hiddenWeights.set(this.#lossWeights.subarray(start, end), start);
      const room = Math.max(1, Math.min(most, end - start - 1));
      const kept = random.sample(end - start, Math.min(end - start, 1 + random.below(room)));
      let squares = 0;
      for (const k of kept) squares += (this.#inputs[start + k] as number) ** 2;
      for (const k of kept) {
        this.#corrupted[start + k] = (this.#inputs[start + k] as number) / Math.sqrt(squares);
        this.#hiddenWeights[start + k] = 0;
      }
      this.#positiveWeights[user] = this.#hiddenWeights.subarray(start, end).reduce((sum, weight) => sum + weight, 0);
    }
  }

  /** What of a user is in the input as it was corrupted last, and what is not. */
  parts(user: number): ProfileParts {
    const [start, end] = [this.#pattern.offsets[user] as number, this.#pattern.offsets[user + 1] as number];
    const own = this.#pattern.columns.subarray(start, end);
    const inputs = this.#corrupted.subarray(start, end);
    return {
      kept: own.filter((_, k) => inputs[k] !== 0),
      strengths: inputs.filter((value) => value !== 0),
      times: this.#times?.subarray(start, end).filter((_, k) => inputs[k] !== 0),
      hidden: own.filter((_, k) => inputs[k] === 0),
    };
  }

  /** m_u = sum_i x_ui of the profiles as they are. [B] */
  masses(users: Uint32Array): Float32Array {
    return Float32Array.from(users, (user) => this.#masses[user] as number);
  }

  /** s_u = sum_i x~_ui C_i of the profiles as they were corrupted last. @param out [B, width] */
  sumCorrupted(users: Uint32Array, table: Float32Array, width: number, out: Float32Array): void {
    gatherRowSums(this.#pattern, this.#corrupted, users, table, width, out);
  }

  /** s_u of the profiles as they are. @param out [B, width] */
  sumWhole(users: Uint32Array, table: Float32Array, width: number, out: Float32Array): void {
    gatherRowSums(this.#pattern, this.#inputs, users, table, width, out);
  }

  /** C's gradient: gC_i += x~_ui ds_u. @param gradients [B, width] */
  scatterCorrupted(users: Uint32Array, gradients: Float32Array, width: number, tableGradient: Float32Array): void {
    scatterRowSums(this.#pattern, this.#corrupted, users, gradients, width, tableGradient);
  }

  /** t_u = sum_i a_ui W_i over what is to be found: all of a profile, or what was hidden when it was truncated. @param out [B, width] */
  sumTargets(users: Uint32Array, table: Float32Array, width: number, out: Float32Array): void {
    gatherRowSums(this.#pattern, this.#targetWeights, users, table, width, out);
  }

  /** W's gradient from the positives: gW_i += a_ui dt_u. @param gradients [B, width] */
  scatterTargets(users: Uint32Array, gradients: Float32Array, width: number, tableGradient: Float32Array): void {
    scatterRowSums(this.#pattern, this.#targetWeights, users, gradients, width, tableGradient);
  }

  /** The gradient of a table whose rows were summed by `sumWhole`. @param gradients [B, width] */
  scatterWhole(users: Uint32Array, gradients: Float32Array, width: number, tableGradient: Float32Array): void {
    scatterRowSums(this.#pattern, this.#inputs, users, gradients, width, tableGradient);
  }

  /** n_u = sum_i a_ui over what is to be found. [B] */
  positiveWeights(users: Uint32Array): Float32Array {
    return Float32Array.from(users, (user) => this.#positiveWeights[user] as number);
  }

  /** [entries] */
  get #targetWeights(): Float32Array {
    return this.#hiddenWeights ?? this.#lossWeights;
  }
}

/** A profile in two: items that are known, in order of their index, and items that are to be found. */
export interface ProfileParts {
  readonly kept: Uint32Array;
  /** As they enter, of length one. */
  readonly strengths: Float32Array;
  /** Undefined where the log has none. */
  readonly times: Float64Array | undefined;
  readonly hidden: Uint32Array;
}

/** Each row's values at Euclidean length one. [entries] */
function unitStrengths({ offsets, values, rowCount }: SparseMatrix): Float32Array {
  const unit = new Float32Array(values.length);
  for (let row = 0; row < rowCount; row++) {
    const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
    let squares = 0;
    for (let e = start; e < end; e++) squares += (values[e] as number) ** 2;
    for (let e = start; e < end; e++) unit[e] = (values[e] as number) / Math.sqrt(squares);
  }
  return unit;
}

function rowSums({ offsets, rowCount }: SparseMatrix, weights: Float32Array): Float32Array {
  const sums = new Float32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) {
      sums[row] = (sums[row] as number) + (weights[e] as number);
    }
  }
  return sums;
}
