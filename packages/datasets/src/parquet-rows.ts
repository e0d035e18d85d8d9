import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KindredError } from '@kindred/domain';
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** A Parquet file whose footer was read. */
export interface ParquetFile {
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** The rows of the named columns, one row group at a time: memory holds the largest row group. */
  groups(columns: readonly string[]): AsyncGenerator<Record<string, unknown>[]>;
}

/** @throws KindredError FILE_CORRUPT when the footer is missing or broken (the file was cut short) */
export async function openParquet(path: string, name: string): Promise<ParquetFile> {
  const { file, metadata } = await readFooter(path, name);
  return {
    columns: parquetSchema(metadata).children.map((child) => child.element.name),
    rowCount: Number(metadata.num_rows),
    groups: (columns) => readGroups(file, metadata, columns, name),
  };
}

async function readFooter(path: string, name: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  try {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch (cause) {
    throw corrupt(name, cause);
  }
}

async function* readGroups(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
  name: string,
): AsyncGenerator<Record<string, unknown>[]> {
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    let rows: Record<string, unknown>[];
    try {
      rows = await parquetReadObjects({ file, metadata, columns: [...columns], rowStart, rowEnd, compressors });
    } catch (cause) {
      throw corrupt(name, cause);
    }
    if (rows.length !== rowEnd - rowStart)
      throw corrupt(name, new Error(`${rows.length} of ${rowEnd - rowStart} rows`));
    yield rows;
    rowStart = rowEnd;
  }
}

function corrupt(name: string, cause: unknown): KindredError {
  const because = cause instanceof Error ? cause.message : String(cause);
  return new KindredError('FILE_CORRUPT', `${name}: the Parquet data is damaged or cut short (${because})`, { cause });
}

/** Parquet is read from its end, so what comes as a stream is written to a temporary file first. */
export async function spoolToFile(bytes: AsyncIterable<Buffer>): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-parquet-'));
  const path = join(folder, 'spooled.parquet');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(bytes, createWriteStream(path));
  } catch (cause) {
    await remove();
    throw cause;
  }
  return { path, remove };
}

/** A row as JSON: dates as ISO 8601, 64-bit numbers as text, bytes as base64. */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(row, (_, value) => {
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  });
}
