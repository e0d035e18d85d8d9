import { LOG_FORMATS, type LogFormat, type LogSource } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';
import { type IngestReport, ingestLog } from '@kindred/pipeline';
import { Command } from 'commander';
import { renderTable } from '../output.js';
import { type CommonFlags, common, type StorageSession, withStorage } from '../session.js';

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
    'ingest shop.tsv.gz --map user=customer,item=sku,type=:purchase,time=ordered_at',
    'ingest transactions.tsv.gz --preset uci-online-retail',
    'ingest - --format jsonl < events.jsonl',
  ]).action((files: string[], flags: IngestFlags) =>
    withStorage(flags, (session) => ingestFiles(session, files, flags)),
  );
}

async function ingestFiles(session: StorageSession, files: readonly string[], flags: IngestFlags): Promise<void> {
  const format = formatOf(flags.format);
  const { progress, signal, storage } = session;
  const reports: IngestReport[] = [];
  for (const file of files) {
    const report = await ingestLog(storage.database, sourceOf(file), {
      format,
      preset: flags.preset,
      map: flags.map,
      progress,
      signal,
      onPlan: (_, lines) => {
        for (const line of lines) progress.say(line);
      },
    });
    reports.push(report);
  }
  const [only] = reports;
  session.print(reports.length === 1 ? only : totalOf(reports), () => reports.map(textOf).join('\n\n'));
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
