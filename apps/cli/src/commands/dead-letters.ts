import { type LogPlan, originalLine } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';
import { replayDeadLetters } from '@kindred/pipeline';
import {
  countDeadLetters,
  type DeadLetter,
  getIngest,
  listDeadLetters,
  listIngestsOfDeadLetters,
} from '@kindred/storage';
import { Command } from 'commander';
import { renderTable, shortened } from '../output.js';
import { type CommonFlags, common, type StorageSession, wholeNumber, withStorage } from '../session.js';

interface LetterFlags extends CommonFlags {
  readonly ingest?: number;
  readonly code?: string;
  readonly limit?: number;
  readonly raw?: boolean;
  readonly preset?: string;
  readonly map?: string;
}

const DEFAULT_LIMIT = 50;
const PAGE = 1000;
const SHOWN_MESSAGE = 44;
const SHOWN_LINE = 60;

type Db = StorageSession['storage']['database']['db'];

export function deadLettersCommand(): Command {
  const group = new Command('dead-letters').description('rejected lines: list them, replay them after a fix');
  const list = new Command('list')
    .description('rejected lines that were not replayed yet')
    .option('--ingest <id>', 'of one ingest', wholeNumber)
    .option('--code <code>', 'rejected for one reason')
    .option('--limit <n>', `at most so many (default: ${DEFAULT_LIMIT}, with --raw all)`, wholeNumber)
    .option('--raw', 'print just the lines as they were, below the header of their file, to be mended and ingested');
  group.addCommand(
    common(list, ['dead-letters list', 'dead-letters list --ingest 3 --code TIME_INVALID --raw > mend.tsv']).action(
      (flags: LetterFlags) =>
        withStorage(flags, (session) => (flags.raw === true ? printRaw(session, flags) : listLetters(session, flags))),
    ),
  );
  const replay = new Command('replay')
    .description('judge rejected lines again; those that pass now are stored')
    .option('--ingest <id>', 'of one ingest', wholeNumber)
    .option('--code <code>', 'rejected for one reason')
    .option('--preset <name>', 'the layout that they have after all')
    .option('--map <mapping>', 'the columns as they should have been used; see ingest');
  group.addCommand(
    common(replay, [
      'dead-letters replay --code TIME_IN_FUTURE',
      'dead-letters replay --ingest 3 --map user=…,item=…',
    ]).action((flags: LetterFlags) =>
      withStorage(flags, async (session) => {
        const { ingest: ingestId, code, preset, map } = flags;
        const report = await replayDeadLetters(session.storage.database, { ingestId, code, preset, map });
        const { replayed, stored, duplicates, rejected } = report;
        session.print(
          report,
          () => `replayed ${replayed}: ${stored} stored, ${duplicates} duplicates, ${rejected.total} rejected again`,
        );
      }),
    ),
  );
  return group;
}

async function listLetters(session: StorageSession, flags: LetterFlags): Promise<void> {
  const { db } = session.storage.database;
  const page = { ingestId: flags.ingest, code: flags.code, open: true, limit: flags.limit ?? DEFAULT_LIMIT };
  const letters = (await listDeadLetters(db, page)).map(({ raw, createdAtMs, replayedAtMs: _, ...letter }) => ({
    ...letter,
    raw: raw.toString('utf8'),
    createdAt: new Date(createdAtMs).toISOString(),
  }));
  const open = await countDeadLetters(db, flags.ingest);
  session.print({ open, letters }, () => {
    const rows = letters.map(({ ingestId, lineNumber, code, message, raw }) => [
      String(ingestId),
      lineNumber,
      code,
      shortened(message, SHOWN_MESSAGE),
      shortened(JSON.stringify(raw), SHOWN_LINE),
    ]);
    const counts = Object.entries(open).map(([code, count]) => `${code} ${count}`);
    const table = rows.length === 0 ? '' : `${renderTable(['ingest', 'line', 'code', 'why', 'raw'], rows)}\n`;
    return `${table}open: ${counts.join(', ') || 'none'}`;
  });
}

/** The lines byte by byte, below the header of their file: what comes out can be mended and ingested as it is. */
async function printRaw(session: StorageSession, flags: LetterFlags): Promise<void> {
  const { db } = session.storage.database;
  const header = await commonHeader(db, flags);
  if (header !== undefined) await printLine(header);
  let left = flags.limit ?? Number.POSITIVE_INFINITY;
  let cut = 0;
  let afterId: number | undefined;
  while (left > 0) {
    const limit = Math.min(PAGE, left);
    const letters: DeadLetter[] = await listDeadLetters(db, {
      ...{ ingestId: flags.ingest, code: flags.code, open: true },
      ...{ limit, afterId },
    });
    for (const { raw } of letters) {
      const line = originalLine(raw.toString('utf8'));
      if (line === undefined) cut++;
      else await printLine(line);
    }
    if (letters.length < limit) break;
    afterId = letters.at(-1)?.id;
    left -= letters.length;
  }
  if (cut > 0) session.progress.say(`${cut} lines were too long to be kept and are left out`);
}

/** @throws KindredError USAGE when the lines come of files with different columns */
async function commonHeader(db: Db, { ingest, code }: LetterFlags): Promise<string | undefined> {
  const ids = ingest === undefined ? await listIngestsOfDeadLetters(db, code) : [ingest];
  const headers = await Promise.all(ids.map(async (id) => headerOf((await getIngest(db, id)).plan as LogPlan)));
  const other = headers.findIndex((header) => header !== headers[0]);
  if (other < 0) return headers[0];
  throw new KindredError(
    'USAGE',
    `the files of ingests ${ids[0]} and ${ids[other]} have different columns; choose one`,
    {
      field: '--ingest',
    },
  );
}

/** The line of names that stood above the lines; undefined where there was none. */
function headerOf({ header, delimiter, format, columns }: LogPlan): string | undefined {
  if (!header || delimiter === undefined) return undefined;
  const quoted = (name: string) =>
    name.includes(delimiter) || /["\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  return columns.map((name) => (format === 'csv' ? quoted(name) : name)).join(delimiter);
}

async function printLine(line: string | Buffer): Promise<void> {
  const bytes = Buffer.concat([typeof line === 'string' ? Buffer.from(line) : line, Buffer.from('\n')]);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
