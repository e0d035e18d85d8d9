import { isUtf8 } from 'node:buffer';
import { KindredError } from '@kindred/domain';

export const LOG_FORMATS = ['csv', 'tsv', 'jsonl', 'parquet'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

const EXTENSIONS: Readonly<Record<string, LogFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  jsonlines: 'jsonl',
  parquet: 'parquet',
  pq: 'parquet',
};

const FOREIGN_MAGIC: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip archive or an Excel workbook: unpack it, or export it as CSV'],
  ['28b52ffd', 'compressed by Zstandard: unpack it first (zstd -d)'],
  ['425a68', 'compressed by bzip2: unpack it first (bunzip2)'],
  ['fd377a58', 'compressed by xz: unpack it first (unxz)'],
];

/**
 * What the beginning of a file (after gunzip) says it is, with its name as the tie-breaker.
 * @throws KindredError FILE_EMPTY, FILE_ENCODING, FORMAT_UNKNOWN
 */
export function detectFormat(head: Buffer, name: string, given: LogFormat | undefined): LogFormat {
  if (head.length === 0) throw new KindredError('FILE_EMPTY', `${name} is empty`);
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const hex = head.subarray(0, 4).toString('hex');
  for (const [magic, what] of FOREIGN_MAGIC) {
    if (hex.startsWith(magic)) throw new KindredError('FORMAT_UNKNOWN', `${name} is ${what}`);
  }
  if (given === 'parquet') throw new KindredError('FILE_CORRUPT', `${name} does not begin like a Parquet file`);
  refuseOtherEncodings(head, name);
  return given ?? byName(name) ?? byContent(head, name);
}

function byName(name: string): LogFormat | undefined {
  const extension = name.toLowerCase().replace(/\.gz$/, '').split('.').at(-1) ?? '';
  const format = EXTENSIONS[extension];
  return format === 'parquet' ? undefined : format;
}

function byContent(head: Buffer, name: string): LogFormat {
  const line = headLines(head)[0] ?? '';
  if (line.trimStart().startsWith('{')) return 'jsonl';
  if (line.includes('\t')) return 'tsv';
  if (/[,;|]/.test(line)) return 'csv';
  throw new KindredError(
    'FORMAT_UNKNOWN',
    `${name}: the first line is neither JSON nor split by tabs, commas, semicolons or |`,
  );
}

/** UTF-16 and UTF-32, by their mark or by a NUL in every other byte; and a first line that is not UTF-8. */
function refuseOtherEncodings(head: Buffer, name: string): void {
  const mark = head.subarray(0, 2).toString('hex');
  const sample = head.subarray(0, 2048);
  const nuls = sample.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  if (mark === 'fffe' || mark === 'feff' || nuls * 5 > sample.length) {
    throw new KindredError('FILE_ENCODING', `${name} looks like UTF-16: convert it, e.g. iconv -f utf-16 -t utf-8`);
  }
  const lineEnd = head.indexOf(0x0a);
  const firstLine = head.subarray(0, lineEnd < 0 ? head.length : lineEnd);
  if (lineEnd >= 0 && !isUtf8(firstLine))
    throw new KindredError('FILE_ENCODING', `${name}: the first line is not UTF-8`);
  if (firstLine.includes(0x0d) && firstLine.indexOf(0x0d) < firstLine.length - 1 && lineEnd < 0) {
    throw new KindredError('FORMAT_UNKNOWN', `${name} ends its lines by CR alone: convert it, e.g. tr '\\r' '\\n'`);
  }
}

/** The whole, non-blank lines at the beginning of a file, without byte order mark and line ends. */
export function headLines(head: Buffer, ended = true): string[] {
  const lines = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split('\n');
  if (!ended && lines.length > 1) lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).filter((line) => line !== '');
}

/** The delimiter of a CSV header: the one of , ; tab | that stands in it most often outside quotes. */
export function detectDelimiter(headerLine: string): string {
  const unquoted = headerLine.replace(/"(?:[^"]|"")*"/g, '');
  let best = ',';
  let bestCount = 0;
  for (const delimiter of [',', ';', '\t', '|']) {
    const count = unquoted.split(delimiter).length - 1;
    if (count > bestCount) [best, bestCount] = [delimiter, count];
  }
  return best;
}
