import { replayDeadLetters } from '@kindred/pipeline';
import { countDeadLetters, listDeadLetters } from '@kindred/storage';
import { Command } from 'commander';
import { renderTable } from '../output.js';
import { type CommonFlags, common, wholeNumber, withStorage } from '../session.js';

interface LetterFlags extends CommonFlags {
  readonly ingest?: number;
  readonly code?: string;
  readonly limit: number;
  readonly raw?: boolean;
}

const SHOWN_CHARACTERS = 60;

export function deadLettersCommand(): Command {
  const group = new Command('dead-letters').description('rejected lines: list them, replay them after a fix');
  const list = new Command('list')
    .description('rejected lines that were not replayed yet')
    .option('--ingest <id>', 'of one ingest', wholeNumber)
    .option('--code <code>', 'rejected for one reason')
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--raw', 'print just the lines as they were, to be mended and ingested');
  group.addCommand(
    common(list, ['dead-letters list', 'dead-letters list --code TIME_INVALID --raw > mend.tsv']).action(
      (flags: LetterFlags) => withStorage(flags, (session) => listLetters(session, flags)),
    ),
  );
  const replay = new Command('replay')
    .description('judge rejected lines again; those that pass now are stored')
    .option('--ingest <id>', 'of one ingest', wholeNumber)
    .option('--code <code>', 'rejected for one reason');
  group.addCommand(
    common(replay, ['dead-letters replay --code TIME_IN_FUTURE']).action((flags: LetterFlags) =>
      withStorage(flags, async (session) => {
        const report = await replayDeadLetters(session.storage.database, { ingestId: flags.ingest, code: flags.code });
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

async function listLetters(
  session: Parameters<Parameters<typeof withStorage>[1]>[0],
  flags: LetterFlags,
): Promise<void> {
  const { db } = session.storage.database;
  const page = { ingestId: flags.ingest, code: flags.code, open: true, limit: flags.limit };
  const letters = (await listDeadLetters(db, page)).map(({ raw, createdAtMs, replayedAtMs: _, ...letter }) => ({
    ...letter,
    raw: raw.toString('utf8'),
    createdAt: new Date(createdAtMs).toISOString(),
  }));
  const open = await countDeadLetters(db, flags.ingest);
  session.print({ open, letters }, () => {
    if (flags.raw === true) return letters.map(({ raw }) => raw).join('\n');
    const rows = letters.map(({ ingestId, lineNumber, code, raw }) => [
      String(ingestId),
      lineNumber,
      code,
      JSON.stringify(raw.length > SHOWN_CHARACTERS ? `${raw.slice(0, SHOWN_CHARACTERS)}…` : raw),
    ]);
    const counts = Object.entries(open).map(([code, count]) => `${code} ${count}`);
    return `${renderTable(['ingest', 'line', 'code', 'raw'], rows)}\nopen: ${counts.join(', ') || 'none'}`;
  });
}
