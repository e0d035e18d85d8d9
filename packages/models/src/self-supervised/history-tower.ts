import type { TrainedTable } from '../run-state.js';
import { gatherRowSums, scatterRowSums } from '../sparse-rows.js';
import type { ViewBatch } from './view-batch.js';

/**
 * The encoder that the self-supervised methods share: a history is p = sum_i s_i C_i, of which losses take the
 * direction. An item is encoded as the history that holds nothing else, so that items and users live in one space and
 * what pulls two views of a history together is what ranks the items.
 */
export class HistoryTower {
  readonly table: TrainedTable; // C, [I, d]
  readonly #gradient: Float32Array; // [I, d], zero between steps

  constructor(table: TrainedTable) {
    this.table = table;
    this.#gradient = new Float32Array(table.values.length);
  }

  /** @param values [I, d]: another table of the same shape, the momentum copy. @returns p, [B, d] */
  encode(views: ViewBatch, values: Float32Array = this.table.values): Float32Array {
    const sums = new Float32Array(views.rows.length * this.table.width);
    gatherRowSums(views, views.weights, views.rows, values, this.table.width, sums);
    return sums;
  }

  /** Adds dC_i += s_i dp of every entry, for the next step. @param gradients dp, [B, d] */
  collect(views: ViewBatch, gradients: Float32Array): void {
    scatterRowSums(views, views.weights, views.rows, gradients, this.table.width, this.#gradient);
  }

  /** Moves the table by what was collected. */
  step(rate: number): void {
    this.table.adam.stepAll(this.#gradient, rate);
  }
}
