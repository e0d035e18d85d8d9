import { dot, type Random } from '@kindred/domain';

/** Vectors as a model holds them, row by row. */
export interface VectorTable {
  /** [R, width] */
  readonly values: Float32Array;
  readonly width: number;
}

/** Some rows of a table, each at length one. */
export interface UnitRows {
  /** [n, width] */
  readonly values: Float32Array;
  readonly width: number;
  readonly count: number;
  /** [n]: the row of the table that each was. */
  readonly rows: Uint32Array;
}

/** A seeded sample of the rows that `isWanted`, in the order of the table; rows of zeros have no direction and are left out. */
export function sampleUnitRows(
  table: VectorTable,
  limit: number,
  random: Random,
  isWanted: (row: number) => boolean = () => true,
): UnitRows {
  const { values, width } = table;
  const wanted = Uint32Array.from({ length: values.length / width }, (_, row) => row).filter(
    (row) => isWanted(row) && lengthOf(values, row, width) > 0,
  );
  const rows =
    wanted.length <= limit
      ? wanted
      : random
          .sample(wanted.length, limit)
          .sort()
          .map((place) => wanted[place] as number);
  const unit = new Float32Array(rows.length * width);
  rows.forEach((row, k) => {
    const length = lengthOf(values, row, width);
    for (let c = 0; c < width; c++) unit[k * width + c] = (values[row * width + c] as number) / length;
  });
  return { values: unit, width, count: rows.length, rows };
}

/** Inner product of row i of `a` with row j of `b`. */
export function dotRows(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  return dot(a, i * width, b, j * width, width);
}

function lengthOf(values: Float32Array, row: number, width: number): number {
  return Math.sqrt(dotRows(values, row, values, row, width));
}
