import { readFile } from 'node:fs/promises';
import { parquetMetadataAsync, parquetRead, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { UNTIMED } from './event-log.js';

/** A column to be written. Positions are whole numbers below 2^31; times are unix milliseconds, UNTIMED becomes null. */
export type Column =
  | { readonly name: string; readonly kind: 'string'; readonly data: readonly string[] }
  | { readonly name: string; readonly kind: 'position'; readonly data: Uint32Array | Int32Array }
  | { readonly name: string; readonly kind: 'float'; readonly data: Float32Array }
  | { readonly name: string; readonly kind: 'double'; readonly data: Float64Array }
  | { readonly name: string; readonly kind: 'time'; readonly data: Float64Array };

/** Columns as they are read back, by name. */
export interface ColumnArrays {
  string: string[];
  position: Int32Array;
  float: Float32Array;
  double: Float64Array;
  time: Float64Array;
}

const ELEMENTS = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  position: { type: 'INT32', repetition_type: 'REQUIRED' },
  float: { type: 'FLOAT', repetition_type: 'REQUIRED' },
  double: { type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' },
} as const satisfies Record<Column['kind'], Omit<SchemaElement, 'name'>>;

/** Columns of one length as the bytes of a Parquet file (snappy). The same columns give the same bytes. */
export function encodeParquet(columns: readonly Column[]): Uint8Array {
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, kind }) => ({ name, ...ELEMENTS[kind] })),
  ];
  const columnData = columns.map((column) => ({ name: column.name, data: writableOf(column) }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, createdBy: 'kindred', rowGroupSize: 100_000 }));
}

function writableOf(column: Column) {
  switch (column.kind) {
    case 'string':
      return [...column.data];
    case 'position':
      return new Int32Array(column.data);
    case 'time':
      return writableTimes(column.data);
    case 'double':
      return Array.from(column.data, (value) => (Number.isNaN(value) ? null : value));
    case 'float':
      return column.data;
  }
}

/** 64-bit whole numbers in a typed array where there are no nulls: 8 bytes a row instead of 32. */
function writableTimes(times: Float64Array): BigInt64Array | (bigint | null)[] {
  if (times.includes(UNTIMED)) return Array.from(times, (time) => (time === UNTIMED ? null : BigInt(time)));
  const whole = new BigInt64Array(times.length);
  for (let k = 0; k < times.length; k++) whole[k] = BigInt(times[k] as number);
  return whole;
}

/**
 * Reads named columns of a Parquet file.
 * @throws Error of any kind when the file is damaged or lacks a column; the caller knows what that means
 */
export async function readParquet<K extends Record<string, Column['kind']>>(
  path: string,
  kinds: K,
): Promise<{ [Name in keyof K]: ColumnArrays[K[Name]] } & { rowCount: number }> {
  const bytes = await readFile(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const file = { byteLength: buffer.byteLength, slice: (start: number, end?: number) => buffer.slice(start, end) };
  const metadata = await parquetMetadataAsync(file);
  const rowCount = Number(metadata.num_rows);
  const arrays = new Map(
    Object.entries(kinds).map(([name, kind]) => [name, { kind, data: emptyArray(kind, rowCount) }]),
  );
  for (const name of arrays.keys()) {
    if (!metadata.schema.some((element) => element.name === name)) throw new Error(`${path} has no column ${name}`);
  }
  await parquetRead({
    file,
    metadata,
    columns: [...arrays.keys()],
    parsers: { timestampFromMilliseconds: Number },
    onChunk: ({ columnName, columnData, rowStart }) => {
      const target = arrays.get(columnName);
      if (target === undefined) return;
      for (let k = 0; k < columnData.length; k++) target.data[rowStart + k] = decodedValue(target.kind, columnData[k]);
    },
  });
  const read = Object.fromEntries([...arrays].map(([name, { data }]) => [name, data]));
  return { ...read, rowCount } as { [Name in keyof K]: ColumnArrays[K[Name]] } & { rowCount: number };
}

function emptyArray(kind: Column['kind'], length: number): { [index: number]: string | number } {
  switch (kind) {
    case 'string':
      return new Array<string>(length);
    case 'position':
      return new Int32Array(length);
    case 'float':
      return new Float32Array(length);
    default:
      return new Float64Array(length);
  }
}

function decodedValue(kind: Column['kind'], value: unknown): string | number {
  if (value === null || value === undefined) return kind === 'time' ? UNTIMED : Number.NaN;
  return value as string | number;
}
