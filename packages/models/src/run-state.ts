import { type Arena, createArena } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { Adam } from './adam.js';
import type { StoredTensor, StoredTensors } from './artefact/index.js';
import { EpochBatches } from './epoch-batches.js';
import type { SavedRun, Table } from './learned-method.js';
import { getCounter, getRandomWords, restoreArrays } from './saved-arrays.js';

/**
 * Rows that are learned, with their optimiser. Where that steps by rows, the values of a row are up to date after
 * `adam.catchUp` of it, those of all rows after `RunState.settle`.
 */
export interface TrainedTable extends Table {
  readonly adam: Adam;
}

/**
 * All of a run that changes while it trains, so that a method names each part once and a checkpoint misses none:
 * tables with their optimisers, further arrays, random streams, and the order in which batches are dealt.
 */
export class RunState {
  /** Where tables lie, and the other large arrays of the run should: there the loops of sparse-rows.ts are fast. */
  readonly arena: Arena = createArena();
  readonly #seed: number;
  readonly #method: string;
  readonly #tables = new Map<string, TrainedTable>();
  readonly #arrays = new Map<string, StoredTensor>();
  readonly #randoms = new Map<string, Random>();
  readonly #batches = new Map<string, EpochBatches>();

  /** @param method its name is part of the label of every random stream */
  constructor(seed: number, method: string) {
    this.#seed = seed;
    this.#method = method;
  }

  /** Rows to be learned. @param start [R, width], copied into the arena */
  table(name: string, start: Float32Array, width: number): TrainedTable {
    const values = this.arena.place(start);
    const table = { name, values, width, adam: new Adam(values, width, this.arena) };
    this.#tables.set(name, table);
    return table;
  }

  /** A table of normal random rows of mean length one. */
  randomTable(name: string, rows: number, width: number): TrainedTable {
    const random = new Random(this.#seed, `${this.#method} ${name} start`);
    const scale = 1 / Math.sqrt(width);
    return this.table(
      name,
      Float32Array.from({ length: rows * width }, () => scale * random.normal()),
      width,
    );
  }

  /** An array that no optimiser moves but that training changes: a momentum copy, a queue. Kept and written in place. */
  array<T extends StoredTensor['data']>(name: string, shape: readonly number[], data: T): T {
    this.#arrays.set(name, { shape, data });
    return data;
  }

  /** A stream of its own. */
  random(name: string): Random {
    const random = new Random(this.#seed, `${this.#method} ${name}`);
    this.#randoms.set(name, random);
    return random;
  }

  /** Deals out the members in a new order every epoch. */
  batches(name: string, members: Uint32Array, batchSize: number): EpochBatches {
    const batches = new EpochBatches(members, batchSize, this.random(name));
    this.#batches.set(name, batches);
    return batches;
  }

  /** Brings all rows of all tables up to the last step. To be called before a table is read as a whole. */
  settle(): void {
    for (const { adam } of this.#tables.values()) adam.settle();
  }

  /** Live arrays: write them before the next step. */
  save(): SavedRun {
    this.settle();
    const counters: Record<string, number | readonly number[]> = {};
    for (const [name, { adam }] of this.#tables) counters[`${name}Steps`] = adam.steps;
    for (const [name, batches] of this.#batches) counters[`${name}Position`] = batches.position;
    for (const [name, random] of this.#randoms) counters[`${name}Random`] = random.save();
    return { tensors: this.#tensors(), counters };
  }

  /** @throws KindredError CHECKPOINT_CORRUPT when the state is of another shape */
  restore(saved: SavedRun): void {
    restoreArrays(this.#tensors(), saved.tensors);
    for (const [name, { adam }] of this.#tables) adam.resume(getCounter(saved, `${name}Steps`));
    for (const [name, batches] of this.#batches) batches.position = getCounter(saved, `${name}Position`);
    for (const [name, random] of this.#randoms) random.restore(getRandomWords(saved, `${name}Random`));
  }

  #tensors(): StoredTensors {
    const tensors: Record<string, StoredTensor> = Object.fromEntries(this.#arrays);
    for (const [name, { values, width, adam }] of this.#tables) {
      const shape = [values.length / width, width];
      tensors[name] = { shape, data: values };
      tensors[`${name}Mean`] = { shape, data: adam.mean };
      tensors[`${name}Square`] = { shape, data: adam.square };
    }
    for (const [name, { order }] of this.#batches) tensors[`${name}Order`] = { shape: [order.length], data: order };
    return tensors;
  }
}
