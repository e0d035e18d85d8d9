import type { Random } from '@kindred/domain';
import type { History } from '@kindred/pairs';
import type { SparsePattern } from '../sparse-rows.js';

/** The views of a batch, row b the view of its b-th history, with each entry's weight in the sum. */
export interface ViewBatch extends SparsePattern {
  /** [entries]: s = h / sqrt(d_i), h the strength, d_i the item's users. */
  readonly weights: Float32Array;
  /** [B]: 0, 1, 2, …: every row. */
  readonly rows: Uint32Array;
}

/** @param itemScale [I]: 1 / sqrt(d_i) */
export function createViewBatch(views: readonly History[], itemScale: Float32Array): ViewBatch {
  const offsets = new Uint32Array(views.length + 1);
  views.forEach(({ items }, b) => {
    offsets[b + 1] = (offsets[b] as number) + items.length;
  });
  const columns = new Uint32Array(offsets[views.length] as number);
  const weights = new Float32Array(columns.length);
  views.forEach(({ items, strengths }, b) => {
    const start = offsets[b] as number;
    columns.set(items, start);
    for (let k = 0; k < items.length; k++) {
      weights[start + k] = (strengths[k] as number) * (itemScale[items[k] as number] as number);
    }
  });
  return { offsets, columns, weights, rows: Uint32Array.from({ length: views.length }, (_, b) => b) };
}

/** A batch of views of one item each, drawn of the views given. */
export function oneItemOfEach({ offsets, columns, weights, rows }: ViewBatch, random: Random): ViewBatch {
  const drawn = rows.map(
    (b) => (offsets[b] as number) + random.below((offsets[b + 1] as number) - (offsets[b] as number)),
  );
  return {
    offsets: Uint32Array.from({ length: rows.length + 1 }, (_, b) => b),
    columns: drawn.map((e) => columns[e] as number),
    weights: Float32Array.from(drawn, (e) => weights[e] as number),
    rows,
  };
}
