import type { Arena } from '@kindred/compute';
import type { TrainedTable } from './run-state.js';

/**
 * Up to this share of the rows in a step, moving the rows named (which catch up first, scattered over memory) takes less
 * time than moving all in one sweep: docs/decisions/0013-training-memory.md has the measurement.
 */
const WORTH_IT = 0.15;

/** The one rule of when a table is moved by rows (`Adam.stepTouched`) and not as a whole (`stepAll`). @param named rows that a step names, on average */
export function movesByRows(named: number, rowCount: number): boolean {
  return named < WORTH_IT * rowCount;
}

/**
 * How many items a batch names on average, as somebody's item or as a drawn negative.
 * @param degrees [I]: users of each item
 * @param batchShare of all users in a batch
 * @param drawnShare of all items among the negatives
 */
export function expectedItems(degrees: Uint32Array, batchShare: number, drawnShare: number): number {
  let expected = 0;
  for (const degree of degrees) expected += 1 - (1 - batchShare) ** degree * (1 - drawnShare);
  return expected;
}

/** The gradient of a table, collected over a step, and the way in which the table is moved by it. */
export class GradientTable {
  /** [R, width], zero between steps. */
  readonly gradient: Float32Array;
  readonly #table: TrainedTable;
  readonly #byRows: boolean;

  /** @param named rows that a step names, on average */
  constructor(table: TrainedTable, named: number, arena: Arena) {
    const { values, width } = table;
    this.#table = table;
    this.gradient = arena.floats(values.length);
    this.#byRows = movesByRows(named, values.length / width);
  }

  /** @param rows those that have a gradient, distinct, caught up */
  step(rows: Uint32Array, rate: number): void {
    if (this.#byRows) this.#table.adam.stepTouched(rows, this.gradient, rate);
    else this.#table.adam.stepAll(this.gradient, rate);
  }
}
