import { stat } from 'node:fs/promises';
import { LOG_FORMATS, type LogFormat, type LogSource, openLog } from '@kindred/datasets';
import { ERROR_TABLE, type ErrorCode, KindredError } from '@kindred/domain';
import { type IngestReport, ingestLog } from '@kindred/pipeline';
import { Command } from 'commander';
import { renderTable } from '../output.js';
import { type CommonFlags, common, interruption, type StorageSession, withStorage } from '../session.js';

interface IngestFlags extends CommonFlags {
  readonly format?: string;
  readonly preset?: string;
  readonly map?: string;
}

export function ingestCommand(): Command {
  const command = new Command('ingest')
    .description('logs → events: CSV, TSV, JSON Lines or Parquet, plain or .gz, or - for standard input')
    .argument('<file...>', 'files, or -')
    .option('--format <name>', LOG_FORMATS.join(', '))
    .option('--preset <name>', 'a known layout, e.g. uci-online-retail, movielens, retailrocket, pairs')
    .option('--map <mapping>', 'user=…,item=…,type=…,time=…,value=…,id=…: column names, or numbers from 1');
  return common(command, [
    'ingest events.csv',
    'ingest shop.tsv.gz --map user=customer,item=sku,type:purchase,time=ordered_at',
    'ingest transactions.tsv.gz --preset uci-online-retail',
    'ingest - --format jsonl < events.jsonl',
  ]).action(async (files: string[], flags: IngestFlags) => {
    await lookAt(files, flags);
    await withStorage(flags, (session) => ingestFiles(session, files, flags));
  });
}

/**
 * Looks at the beginning of every file before the first is read: of files that can't be read at all, none is stored.
 * Pipes are left alone, they can be read only once.
 */
async function lookAt(files: readonly string[], flags: IngestFlags): Promise<void> {
  if (files.filter((file) => file === '-').length > 1) {
    throw new KindredError('USAGE', 'standard input (-) can be read only once', { field: 'file' });
  }
  const options = { ...readingOf(flags), nowMs: Date.now(), signal: interruption.signal };
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    const isPipe = found !== undefined && !found.isFile() && !found.isDirectory();
    if (file !== '-' && !isPipe) await (await openLog({ path: file }, options)).close();
  }
}

async function ingestFiles(session: StorageSession, files: readonly string[], flags: IngestFlags): Promise<void> {
  const { progress, signal, storage } = session;
  const reports: IngestReport[] = [];
  for (const file of files) {
    const options = {
      ...readingOf(flags),
      progress,
      signal,
      onPlan: (_: unknown, lines: readonly string[]) => {
        for (const line of lines) progress.say(line);
      },
    };
    try {
      reports.push(await ingestLog(storage.database, sourceOf(file), options));
    } catch (error) {
      throw files.length === 1 ? error : amongOthers(error, reports, files.slice(reports.length + 1));
    }
    warnOfNothing(session, reports.at(-1) as IngestReport);
  }
  const [only] = reports;
  session.print(reports.length === 1 ? only : totalOf(reports), () => reports.map(textOf).join('\n\n'));
}

function readingOf({ format, preset, map }: IngestFlags) {
  return { format: formatOf(format), preset, map };
}

/** Each file is stored as a whole or not at all: who gave several is told where the reading stopped. */
function amongOthers(error: unknown, before: readonly IngestReport[], after: readonly string[]): unknown {
  if (!(error instanceof KindredError)) return error;
  const { code, field } = error;
  const stored = before.length === 0 ? 'none' : before.map(({ source }) => source).join(', ');
  const unread = after.length === 0 ? 'none' : after.join(', ');
  const message = `${error.message}; files stored before it: ${stored}; files not read: ${unread}`;
  return new KindredError(code, message, { cause: error, ...(field === undefined ? {} : { field }) });
}

/** A wrong mapping or encoding shows in every line: that is no fault of the lines. */
function warnOfNothing(
  { progress }: StorageSession,
  { source, read, stored, duplicates, rejected }: IngestReport,
): void {
  if (stored + duplicates > 0) return;
  const [code] = Object.entries(rejected.byReason).sort(([, a], [, b]) => b - a)[0] ?? [];
  const { title, wayOut } = ERROR_TABLE[code as ErrorCode];
  progress.say(`warning: ${source}: none of its ${read} lines could be taken. ${title} (${code}). ${wayOut}`);
}

function sourceOf(file: string): LogSource {
  return file === '-' ? { stream: process.stdin, name: 'standard input' } : { path: file };
}

function formatOf(name: string | undefined): LogFormat | undefined {
  const found = LOG_FORMATS.find((format) => format === name);
  if (name === undefined || found !== undefined) return found;
  throw new KindredError('FORMAT_UNKNOWN', `${JSON.stringify(name)} is none of ${LOG_FORMATS.join(', ')}`, {
    field: '--format',
  });
}

/** Several files as one result; the files themselves under `files`. */
function totalOf(reports: readonly IngestReport[]): object {
  const sum = (pick: (report: IngestReport) => number) => reports.reduce((total, report) => total + pick(report), 0);
  const byReason: Record<string, number> = {};
  for (const { rejected } of reports) {
    for (const [code, count] of Object.entries(rejected.byReason)) byReason[code] = (byReason[code] ?? 0) + count;
  }
  return {
    read: sum(({ read }) => read),
    stored: sum(({ stored }) => stored),
    duplicates: sum(({ duplicates }) => duplicates),
    rejected: { total: sum(({ rejected }) => rejected.total), byReason },
    deadLetters: sum(({ deadLetters }) => deadLetters),
    files: reports,
  };
}

function textOf(report: IngestReport): string {
  const { read, stored, duplicates, rejected, seconds } = report;
  const reasons = Object.entries(rejected.byReason).sort(([, a], [, b]) => b - a);
  const rows = [
    ['read', read],
    ['stored', stored],
    ['duplicates', duplicates],
    ['rejected', rejected.total],
    ...reasons.map(([code, count]): [string, number] => [`  ${code}`, count]),
  ];
  const rate = Math.round(read / Math.max(seconds, 0.001)).toLocaleString('en');
  const letters =
    rejected.total === 0 ? '' : `\nrejected lines are kept: kindred dead-letters list --ingest ${report.ingestId}`;
  return `${report.source}\n${renderTable(['', 'lines'], rows)}\n${seconds.toFixed(1)} s, ${rate} lines/s${letters}`;
}
