import { KERNEL_BYTES } from './kernel-bytes.generated.js';
import { type WasmMemory, type WasmModule, webAssembly } from './web-assembly.js';

/** Loops of rows on arrays of one arena. Which of them is documented at its source, assembly/row-kernels.ts. */
export interface RowKernels {
  gatherRowSums(
    pattern: Pattern,
    weights: Float32Array,
    rows: Uint32Array,
    table: Float32Array,
    width: number,
    out: Float32Array,
    scale: Float32Array | undefined,
  ): void;
  scatterRowSums(
    pattern: Pattern,
    weights: Float32Array,
    rows: Uint32Array,
    rowValues: Float32Array,
    width: number,
    table: Float32Array,
  ): void;
  addRows(values: Float32Array, rows: Uint32Array, width: number, table: Float32Array): void;
  takeRows(table: Float32Array, rows: Uint32Array, width: number, out: Float32Array): void;
  inverseNorms(table: Float32Array, width: number, out: Float32Array): void;
  projectRows(
    gradient: Float32Array,
    table: Float32Array,
    inverseNorms: Float32Array,
    rows: Uint32Array,
    width: number,
  ): void;
  /** @param rows undefined: all @param compact whether gradient[k] belongs to rows[k], not to the row itself */
  adamStep(
    table: AdamArrays,
    rows: Uint32Array | undefined,
    gradient: Float32Array,
    compact: boolean,
    size: number,
    epsilon: number,
  ): void;
  /** @param tables [4, stride] */
  adamCatchUp(table: AdamArrays, rows: Uint32Array | undefined, now: number, tables: Float32Array): void;
}

interface Pattern {
  readonly offsets: Uint32Array;
  readonly columns: Uint32Array;
}

/** A table with the state of its optimiser. */
export interface AdamArrays {
  /** [R, width] */
  readonly values: Float32Array;
  /** [R, width] */
  readonly mean: Float32Array;
  /** [R, width] */
  readonly square: Float32Array;
  readonly width: number;
  /** [R]: 1 / |row|, written for every row that is touched. */
  readonly inverseNorms: Float32Array;
  /** [R]: the step up to which each row is; 0: it never had a gradient. */
  readonly seen: Uint32Array;
}

type Exports = Record<keyof RowKernels, (...numbers: number[]) => void>;

let compiled: WasmModule | undefined;

/** Undefined where WebAssembly is absent or has no SIMD. */
export function findKernelModule(): WasmModule | undefined {
  if (compiled !== undefined || webAssembly === undefined) return compiled;
  const bytes = Buffer.from(KERNEL_BYTES, 'base64');
  if (webAssembly.validate(bytes)) compiled = new webAssembly.Module(bytes);
  return compiled;
}

/** @param words takes room in the memory, for lists of rows that lie elsewhere */
export function instantiateKernels(
  module: WasmModule,
  memory: WasmMemory,
  words: (length: number) => Uint32Array,
): RowKernels {
  if (webAssembly === undefined) throw new TypeError('WebAssembly is absent');
  const run = new webAssembly.Instance(module, { env: { memory } }).exports as Exports;
  const { buffer } = memory;
  let scratch = words(1 << 20); // costs nothing until it is written to

  /** The address of a list of rows, copied into the memory first where it lies elsewhere. */
  const listed = (rows: Uint32Array): number => {
    if (rows.buffer === buffer) return rows.byteOffset;
    if (scratch.length < rows.length) scratch = words(2 * rows.length);
    if (scratch.buffer !== buffer) throw new RangeError('the arena has no room left for a list of rows');
    scratch.set(rows);
    return scratch.byteOffset;
  };

  return {
    gatherRowSums({ offsets, columns }, weights, rows, table, width, out, scale) {
      run.gatherRowSums(
        offsets.byteOffset,
        columns.byteOffset,
        weights.byteOffset,
        scale?.byteOffset ?? 0,
        listed(rows),
        rows.length,
        table.byteOffset,
        width,
        out.byteOffset,
      );
    },
    scatterRowSums({ offsets, columns }, weights, rows, rowValues, width, table) {
      run.scatterRowSums(
        offsets.byteOffset,
        columns.byteOffset,
        weights.byteOffset,
        listed(rows),
        rows.length,
        rowValues.byteOffset,
        width,
        table.byteOffset,
      );
    },
    addRows(values, rows, width, table) {
      run.addRows(values.byteOffset, listed(rows), rows.length, width, table.byteOffset);
    },
    takeRows(table, rows, width, out) {
      run.takeRows(table.byteOffset, listed(rows), rows.length, width, out.byteOffset);
    },
    inverseNorms(table, width, out) {
      run.inverseNorms(table.byteOffset, out.length, width, out.byteOffset);
    },
    projectRows(gradient, table, inverseNorms, rows, width) {
      run.projectRows(gradient.byteOffset, table.byteOffset, inverseNorms.byteOffset, listed(rows), rows.length, width);
    },
    adamStep({ values, mean, square, width, inverseNorms }, rows, gradient, compact, size, epsilon) {
      run.adamStep(
        rows === undefined ? 0 : listed(rows),
        rows?.length ?? inverseNorms.length,
        values.byteOffset,
        mean.byteOffset,
        square.byteOffset,
        gradient.byteOffset,
        compact ? 1 : 0,
        width,
        size,
        epsilon,
        inverseNorms.byteOffset,
      );
    },
    adamCatchUp({ values, mean, square, width, inverseNorms, seen }, rows, now, tables) {
      run.adamCatchUp(
        rows === undefined ? 0 : listed(rows),
        rows?.length ?? inverseNorms.length,
        values.byteOffset,
        mean.byteOffset,
        square.byteOffset,
        width,
        seen.byteOffset,
        now,
        tables.byteOffset,
        tables.length / 4,
        inverseNorms.byteOffset,
      );
    },
  };
}
