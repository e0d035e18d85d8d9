import { KindredError } from '@kindred/domain';
import { ByteSource } from './byte-source.js';
import { detectDelimiter, detectFormat, headLines } from './log-format.js';
import { plainName } from './mapping.js';
import { MAX_LINE_BYTES, readLines } from './read-lines.js';
import { readRecords, splitQuoted } from './split-record.js';

/** A TSV or CSV table (.gz too) whose header was read. Unlike a log it is all right or it is refused. */
export interface TableRows {
  readonly columns: readonly string[];
  /**
   * Position of the first column that bears one of the names (compared without case and separators), or -1.
   * @throws KindredError MAPPING_INVALID where another column bears that name too
   */
  find(...names: readonly string[]): number;
  /** The data rows in order. @throws KindredError with file and line at the first row that can't be read */
  rows(): AsyncGenerator<{ lineNumber: number; cells: readonly string[] }[]>;
}

/** @throws KindredError FILE_NOT_FOUND, FILE_EMPTY, FILE_ENCODING, FILE_CORRUPT, FORMAT_UNKNOWN, MAPPING_INVALID */
export async function openTable(path: string): Promise<TableRows> {
  const bytes = new ByteSource({ path });
  try {
    const { head, ended } = await bytes.peek(MAX_LINE_BYTES);
    const format = detectFormat(head, path, undefined);
    if (format !== 'tsv' && format !== 'csv')
      throw new KindredError('FORMAT_UNKNOWN', `${path} is neither TSV nor CSV`);
    const first = headLines(head, ended)[0] ?? '';
    const delimiter = format === 'tsv' ? '\t' : detectDelimiter(first);
    const cells = format === 'csv' ? splitQuoted(first, delimiter) : first.split(delimiter);
    if (cells === 'open' || 'fault' in cells) {
      throw new KindredError('MAPPING_INVALID', `${path}:1: the quotes of the header are not balanced`);
    }
    const columns = cells.map((cell) => cell.trim());
    return {
      columns,
      find: (...names) => findColumn(path, columns, names),
      rows: () => tableRows(bytes, path, { delimiter, quoted: format === 'csv', width: columns.length }),
    };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

function findColumn(path: string, columns: readonly string[], names: readonly string[]): number {
  const plain = columns.map(plainName);
  const position = plain.findIndex((column) => names.some((name) => column === plainName(name)));
  if (position < 0) return position;
  const again = plain.indexOf(plain[position] as string, position + 1);
  if (again < 0) return position;
  const because = `the columns ${position + 1} and ${again + 1} are both "${columns[position]}"`;
  throw new KindredError('MAPPING_INVALID', `${path}: ${because}`, { field: columns[position] as string });
}

async function* tableRows(
  bytes: ByteSource,
  path: string,
  options: { delimiter: string; quoted: boolean; width: number },
): AsyncGenerator<{ lineNumber: number; cells: readonly string[] }[]> {
  let headerSeen = false;
  for await (const records of readRecords(readLines(bytes.bytes()), options)) {
    const rows: { lineNumber: number; cells: readonly string[] }[] = [];
    for (const record of records) {
      const at = `${path}:${record.lineNumber}`;
      if ('code' in record) throw new KindredError(record.code, `${at}: ${record.message}`);
      if (record.fields === undefined) throw new KindredError('LINE_MALFORMED', `${at}: ${record.fault}`);
      if (headerSeen) rows.push({ lineNumber: record.lineNumber, cells: record.fields });
      headerSeen = true;
    }
    yield rows;
  }
}
