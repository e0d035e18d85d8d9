import { addRow } from '../add-row.js';
import type { WeightPlace } from '../artefact/index.js';
import { MASK, NOTHING, type PackedBatch } from './packed-batch.js';

/** Where the rows of a packed batch come from, and where their gradients go: the sparse side of the encoder. */
export interface RowTables {
  /** [I, d] */
  readonly items: Float32Array;
  /** [n, d]: all weights, positions and the mask among them */
  readonly weights: Float32Array;
}

/** First elements of the positions and of the mask among the weights. */
export interface RowPlaces {
  readonly positions: number;
  /** Undefined: no item is ever masked. */
  readonly mask: number | undefined;
}

export function rowPlacesOf(places: readonly WeightPlace[]): RowPlaces {
  const startOf = (name: string) => places.find((place) => place.name === name)?.start;
  return { positions: startOf('positions') ?? 0, mask: startOf('mask') };
}

/** Item (or mask) plus position at every place, zeros where there is nothing. [R * C, d] */
export function gatherPackedRows(
  batch: PackedBatch,
  tables: RowTables,
  places: RowPlaces,
  width: number,
): Float32Array {
  const rows = new Float32Array(batch.items.length * width);
  eachRow(batch, tables, places, width, (table, start, at) => {
    addRow(table, start, 1, rows, at, width);
  });
  return rows;
}

/** The transposed of `gatherPackedRows`: adds the gradient of every place to its item (or mask) and its position. */
export function scatterPackedRows(
  batch: PackedBatch,
  gradients: Float32Array,
  into: RowTables,
  places: RowPlaces,
  width: number,
): void {
  eachRow(batch, into, places, width, (table, start, at) => {
    addRow(gradients, at, 1, table, start, width);
  });
}

function eachRow(
  { items, positions }: PackedBatch,
  tables: RowTables,
  places: RowPlaces,
  width: number,
  visit: (table: Float32Array, start: number, at: number) => void,
): void {
  for (let place = 0; place < items.length; place++) {
    const item = items[place] as number;
    if (item === NOTHING) continue;
    const at = place * width;
    if (item === MASK) visit(tables.weights, places.mask ?? 0, at);
    else visit(tables.items, item * width, at);
    visit(tables.weights, places.positions + (positions[place] as number) * width, at);
  }
}
