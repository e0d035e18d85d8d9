import { KindredError } from '@kindred/domain';
import { ByteSource, type LogSource } from './byte-source.js';
import { originalLine } from './dead-letter-text.js';
import { LineJudge } from './line-judge.js';
import type { LineVerdict } from './line-verdict.js';
import { detectDelimiter, detectFormat, headLines, LOG_FORMATS, type LogFormat } from './log-format.js';
import type { LogItem } from './log-items.js';
import { type LogPlan, planLog, type SeenColumns } from './log-plan.js';
import { type GivenMapping, parseMapping } from './mapping.js';
import { openParquet, rowText, spoolToFile } from './parquet-rows.js';
import { presetByName } from './presets/presets.js';
import { MAX_LINE_BYTES, readLines } from './read-lines.js';
import { type DelimitedRecord, RecordSplitter, readRecords, splitQuoted } from './split-record.js';

export interface LogOptions {
  readonly format?: LogFormat | undefined;
  readonly preset?: string | undefined;
  /** What `--map` says, or the same read by parseMapping. */
  readonly map?: string | GivenMapping | undefined;
  /** Between the cells of a CSV; found in the header when not given. */
  readonly delimiter?: string | undefined;
  /** The clock that times are checked against. */
  readonly nowMs: number;
  /** Verdicts in a batch, about; default 5,000. */
  readonly batchSize?: number | undefined;
  /** Ends the reading, also one that waits for the next bytes of a stream: INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
}

/** A log that was looked at and not read yet. */
export interface OpenedLog {
  /** How it is going to be read; to be shown before `verdicts` runs. */
  readonly plan: LogPlan;
  /**
   * One verdict for every data line, in the order of the file, in batches. A damaged file throws FILE_CORRUPT where the damage is
   * met: what came before is not to be kept. A file can be read again, a stream once.
   */
  verdicts(): AsyncGenerator<LineVerdict[]>;
  /** The catalogue that came along (titles), complete once `verdicts` has ended. */
  items(): LogItem[];
  /** Lets go of the file and of spooled data; needed only when `verdicts` was not read to its end. */
  close(): Promise<void>;
}

const FIRST_LOOK_BYTES = 64 * 1024;
const DEFAULT_BATCH = 5000;

/**
 * Looks at the beginning of a log (CSV, TSV, JSON Lines or Parquet, gzip or not, file or stream) and plans how to read it.
 * @throws KindredError FILE_NOT_FOUND, FILE_EMPTY, FILE_ENCODING, FILE_CORRUPT, FORMAT_UNKNOWN, PRESET_UNKNOWN, MAPPING_INVALID
 */
export async function openLog(source: LogSource, options: LogOptions): Promise<OpenedLog> {
  const preset = options.preset === undefined ? undefined : presetByName(options.preset);
  const given = typeof options.map === 'string' ? parseMapping(options.map) : options.map;
  if (options.format !== undefined && !LOG_FORMATS.includes(options.format)) {
    throw new KindredError('FORMAT_UNKNOWN', `"${options.format}" is none of ${LOG_FORMATS.join(', ')}`, {
      field: '--format',
    });
  }
  const bytes = new ByteSource(source, options.signal);
  try {
    const look = await bytes.peek(FIRST_LOOK_BYTES);
    const format = detectFormat(look.head, bytes.name, options.format);
    if (format === 'parquet') return await openParquetLog(bytes, look.compressed, options, preset, given);
    const seen = await lookAtText(bytes, format, options.delimiter);
    const plan = planLog(seen.columns, preset, given);
    if (plan.header && format !== 'jsonl' && seen.dataLines === 0) {
      throw new KindredError('FILE_EMPTY', `${bytes.name} holds a header and no data`);
    }
    return openTextLog(bytes, plan, options);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

type Preset = ReturnType<typeof presetByName>;

async function lookAtText(
  bytes: ByteSource,
  format: LogFormat,
  delimiter: string | undefined,
): Promise<{ columns: SeenColumns; dataLines: number }> {
  let look = await bytes.peek(FIRST_LOOK_BYTES);
  if (!look.ended && headLines(look.head, false).length < 2) look = await bytes.peek(MAX_LINE_BYTES + FIRST_LOOK_BYTES);
  const lines = headLines(look.head, look.ended);
  const first = lines[0];
  if (first === undefined || first.trim() === '')
    throw new KindredError('FILE_EMPTY', `${bytes.name} holds only blank lines`);
  const common = { source: bytes.name, format, compressed: look.compressed };
  if (format === 'jsonl') {
    return { columns: { ...common, delimiter: undefined, cells: keysOf(lines, bytes.name) }, dataLines: lines.length };
  }
  if (first.length > MAX_LINE_BYTES)
    throw new KindredError('LINE_TOO_LONG', `${bytes.name}:1: the first line is longer than 1 MiB`);
  const between = delimiter ?? (format === 'tsv' ? '\t' : detectDelimiter(first));
  const cells = format === 'csv' ? splitQuoted(first, between) : first.split(between);
  if (cells === 'open' || 'fault' in cells) {
    throw new KindredError('MAPPING_INVALID', `${bytes.name}: the quotes of the header are not balanced`);
  }
  const names = cells.map((cell) => cell.trim());
  return { columns: { ...common, delimiter: between, cells: names }, dataLines: lines.length - 1 };
}

/**
 * Keys of the first objects, in order of appearance. Lines that are no objects are judged later.
 * @throws KindredError FORMAT_UNKNOWN when none of the first lines is an object
 */
function keysOf(lines: readonly string[], name: string): string[] {
  const values = lines.slice(0, 200).map(parseObject);
  const objects = values.filter((value) => typeof value === 'object');
  if (objects.length === 0) throw new KindredError('FORMAT_UNKNOWN', `${name}:1: the line is ${values[0]}`);
  return [...new Set(objects.flatMap((object) => Object.keys(object)))];
}

function openTextLog(bytes: ByteSource, plan: LogPlan, options: LogOptions): OpenedLog {
  let judge = new LineJudge(plan, options.nowMs);
  const judgements = plan.format === 'jsonl' ? judgeJsonLines : judgeRecords;
  return {
    plan,
    verdicts() {
      judge = new LineJudge(plan, options.nowMs);
      return inBatches(judgements(bytes, plan, judge), options.batchSize ?? DEFAULT_BATCH);
    },
    items: () => judge.items.list(),
    close: async () => bytes.close(),
  };
}

async function* judgeRecords(bytes: ByteSource, plan: LogPlan, judge: LineJudge): AsyncGenerator<LineVerdict[]> {
  let headerSeen = !plan.header;
  for await (const records of readRecords(readLines(bytes.bytes()), splitOptions(plan))) {
    const verdicts: LineVerdict[] = [];
    for (const record of records) {
      if (headerSeen) verdicts.push('code' in record ? { kind: 'rejected', ...record } : judgeRecord(record, judge));
      headerSeen = true;
    }
    yield verdicts;
  }
}

function splitOptions(plan: LogPlan): { delimiter: string; quoted: boolean; width: number } {
  return { delimiter: plan.delimiter ?? ',', quoted: plan.format === 'csv', width: plan.columns.length };
}

function judgeRecord(record: DelimitedRecord, judge: LineJudge): LineVerdict {
  if (record.fields !== undefined) return judge.cells(record.fields, record.lineNumber, record.raw);
  return judge.malformed(record.lineNumber, record.raw, record.fault ?? 'can not be split');
}

async function* judgeJsonLines(bytes: ByteSource, _: LogPlan, judge: LineJudge): AsyncGenerator<LineVerdict[]> {
  for await (const block of readLines(bytes.bytes())) {
    const verdicts: LineVerdict[] = [];
    for (const [offset, line] of block.lines.entries()) {
      const lineNumber = block.firstLine + offset;
      if (typeof line !== 'string') verdicts.push({ kind: 'rejected', lineNumber, ...line });
      else if (line.trim() !== '') verdicts.push(judgeJson(line, lineNumber, judge));
    }
    yield verdicts;
  }
}

function judgeJson(line: string, lineNumber: number, judge: LineJudge): LineVerdict {
  const value = parseObject(line);
  return typeof value === 'string'
    ? judge.malformed(lineNumber, line, value)
    : judge.record(value, lineNumber, () => line);
}

/** The object of a line of JSON, or a sentence about what it is instead. */
function parseObject(line: string): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return `not JSON: ${(cause as Error).message.slice(0, 120)}`;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'JSON, but not an object';
  return value as Record<string, unknown>;
}

async function openParquetLog(
  bytes: ByteSource,
  compressed: boolean,
  options: LogOptions,
  preset: Preset | undefined,
  given: GivenMapping | undefined,
): Promise<OpenedLog> {
  const direct = compressed ? undefined : bytes.path;
  const spooled = direct === undefined ? await spoolToFile(bytes.bytes()) : undefined;
  bytes.close();
  const release = async () => spooled?.remove();
  try {
    const file = await openParquet(direct ?? (spooled?.path as string), bytes.name);
    if (file.rowCount === 0) throw new KindredError('FILE_EMPTY', `${bytes.name} holds no rows`);
    const seen = {
      source: bytes.name,
      format: 'parquet' as const,
      compressed,
      delimiter: undefined,
      cells: file.columns,
    };
    const plan = planLog(seen, preset, given);
    let judge = new LineJudge(plan, options.nowMs);
    const verdicts = async function* (): AsyncGenerator<LineVerdict[]> {
      let rowNumber = 0;
      try {
        for await (const rows of file.groups(Object.values(plan.used).map((column) => column.name))) {
          yield* rowSlices(rows, options.batchSize ?? DEFAULT_BATCH, (row) =>
            judge.record(row, ++rowNumber, () => rowText(row)),
          );
        }
      } finally {
        await release();
      }
    };
    return {
      plan,
      verdicts() {
        judge = new LineJudge(plan, options.nowMs);
        return verdicts();
      },
      items: () => judge.items.list(),
      close: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function* rowSlices<Row, Verdict>(
  rows: readonly Row[],
  size: number,
  judge: (row: Row) => Verdict,
): Generator<Verdict[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size).map(judge);
}

/** Even batches of `size` out of pieces of any size. */
async function* inBatches(pieces: AsyncIterable<LineVerdict[]>, size: number): AsyncGenerator<LineVerdict[]> {
  let batch: LineVerdict[] = [];
  for await (const piece of pieces) {
    for (const verdict of piece) {
      batch.push(verdict);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/**
 * Judges a dead letter again, by the plan of its log, after the line or the plan was mended. Its content counts as a first occurrence.
 * @param raw as it was kept, or a mended line
 */
export function replayLine(raw: string, plan: LogPlan, options: { nowMs: number; lineNumber?: number }): LineVerdict {
  const lineNumber = options.lineNumber ?? 1;
  const judge = new LineJudge(plan, options.nowMs);
  const line = originalLine(raw);
  if (line === undefined) {
    const message = 'the line was too long to be kept; read it from its file again';
    return { kind: 'rejected', lineNumber, raw, code: 'LINE_TOO_LONG', message };
  }
  if (typeof line !== 'string') {
    return { kind: 'rejected', lineNumber, raw, code: 'FILE_ENCODING', message: 'the line is not UTF-8 text' };
  }
  if (plan.delimiter === undefined) return judgeJson(line, lineNumber, judge);
  const splitter = new RecordSplitter(splitOptions(plan));
  const records: DelimitedRecord[] = [];
  for (const text of line.split('\n')) splitter.push({ lineNumber, text }, records);
  splitter.end(records);
  const [record] = records;
  if (record === undefined || records.length > 1)
    return judge.malformed(lineNumber, line, `${records.length} records, one is expected`);
  return judgeRecord(record, judge);
}
