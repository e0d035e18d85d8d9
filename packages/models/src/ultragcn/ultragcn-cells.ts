import { columnDegrees, rowDegrees, type SparseMatrix, type TrainingData } from '@kindred/domain';
import { gatherRowSums } from '../sparse-rows.js';
import { unownedCells } from '../unowned-cells.js';

export interface CellSettings {
  /** What every cell weighs beside beta. */
  readonly baseWeight: number;
  /** Weight of the mean of the negatives against a positive. */
  readonly negativeWeight: number;
  /** lambda: weight of the neighbours of a positive. */
  readonly neighbourWeight: number;
}

/** A block of the loss: users by items, with the weight of every cell. */
export interface Cells {
  readonly items: Uint32Array; // [C]
  readonly attraction: Float32Array; // [B, C]
  readonly repulsion: Float32Array; // [B, C]
}

/**
 * The weights of UltraGCN's loss. In the limit of infinitely many layers a user's vector is sum_i beta_ui e_i with
 *   beta_ui = sqrt(d_u + 1) / d_u / sqrt(d_i + 1)
 * and the loss asks for that limit instead of propagating: positives and negatives weigh w + beta (the paper has
 * w1 .. w4), and lambda omega_ij draws the user to the neighbours j of their items i too.
 */
export class UltraGcnCells {
  readonly #data: TrainingData;
  readonly #neighbours: SparseMatrix;
  readonly #settings: CellSettings;
  readonly #userFactor: Float32Array; // [U]: sqrt(d_u + 1) / d_u
  /** [I]: 1 / sqrt(d_i + 1), also the weight of an item in a history. */
  readonly itemFactor: Float32Array;

  constructor(data: TrainingData, neighbours: SparseMatrix, settings: CellSettings) {
    this.#data = data;
    this.#neighbours = neighbours;
    this.#settings = settings;
    this.#userFactor = Float32Array.from(rowDegrees(data.positives), (d) => Math.sqrt(d + 1) / Math.max(1, d));
    this.itemFactor = Float32Array.from(columnDegrees(data.positives), (d) => 1 / Math.sqrt(d + 1));
  }

  /** sum_i beta_ui e_i of every user. @param items e, [I, width] @returns [U, width] */
  limit(items: Float32Array, width: number): Float32Array {
    const { positives } = this.#data;
    const users = Uint32Array.from({ length: positives.rowCount }, (_, user) => user);
    const sums = new Float32Array(users.length * width);
    const ones = new Float32Array(positives.columns.length).fill(1);
    gatherRowSums(positives, ones, users, items, width, sums, this.itemFactor);
    for (let k = 0; k < sums.length; k++) {
      sums[k] = (sums[k] as number) * (this.#userFactor[Math.floor(k / width)] as number);
    }
    return sums;
  }

  /** The block of a batch of users; the weights are divided by that of their positives, so that the sum is a mean. */
  cells(users: Uint32Array, negatives: Uint32Array): Cells {
    const items = this.#itemsOf(users, negatives);
    const placeOf = new Map([...items].map((item, place) => [item, place]));
    const attraction = new Float32Array(users.length * items.length);
    const repulsion = new Float32Array(users.length * items.length);
    const unowned = unownedCells(this.#data.positives, users, negatives);
    const total = users.reduce((sum, user) => sum + this.#positiveWeight(user), 0);
    users.forEach((user, b) => {
      this.#attract(user, 1 / total, placeOf, attraction.subarray(b * items.length, (b + 1) * items.length));
      const each = (this.#settings.negativeWeight * this.#positiveWeight(user)) / negatives.length / total;
      negatives.forEach((item, k) => {
        const free = unowned[b * negatives.length + k] as number;
        repulsion[b * items.length + (placeOf.get(item) as number)] = free * each * this.#weight(user, item);
      });
    });
    return { items, attraction, repulsion };
  }

  #attract(user: number, scale: number, placeOf: ReadonlyMap<number, number>, row: Float32Array): void {
    const { positives, weights } = this.#data;
    const add = (item: number, weight: number) => {
      const place = placeOf.get(item) as number;
      row[place] = (row[place] as number) + weight;
    };
    for (let e = positives.offsets[user] as number; e < (positives.offsets[user + 1] as number); e++) {
      const item = positives.columns[e] as number;
      const strength = scale * (weights[e] as number);
      add(item, strength * this.#weight(user, item));
      if (this.#settings.neighbourWeight === 0) continue;
      const { offsets, columns, values } = this.#neighbours;
      for (let n = offsets[item] as number; n < (offsets[item + 1] as number); n++) {
        add(columns[n] as number, strength * this.#settings.neighbourWeight * (values[n] as number));
      }
    }
  }

  /** w + beta_ui */
  #weight(user: number, item: number): number {
    return this.#settings.baseWeight + (this.#userFactor[user] as number) * (this.itemFactor[item] as number);
  }

  /** Sum of the weights of the user's positives. */
  #positiveWeight(user: number): number {
    const { positives, weights } = this.#data;
    let total = 0;
    for (let e = positives.offsets[user] as number; e < (positives.offsets[user + 1] as number); e++) {
      total += weights[e] as number;
    }
    return total;
  }

  /** The negatives, then the positives of the users and their neighbours. Distinct. */
  #itemsOf(users: Uint32Array, negatives: Uint32Array): Uint32Array {
    const { offsets, columns } = this.#data.positives;
    const { offsets: bounds, columns: neighbours } = this.#neighbours;
    const owned = new Set<number>();
    for (const user of users) {
      for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) owned.add(columns[e] as number);
    }
    const items = new Set<number>([...negatives, ...owned]);
    if (this.#settings.neighbourWeight === 0) return Uint32Array.from(items);
    for (const item of owned) {
      for (let n = bounds[item] as number; n < (bounds[item + 1] as number); n++) items.add(neighbours[n] as number);
    }
    return Uint32Array.from(items);
  }
}
