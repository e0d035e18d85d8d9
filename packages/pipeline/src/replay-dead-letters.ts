import { type LogPlan, replayLine } from '@kindred/datasets';
import type { Event } from '@kindred/domain';
import {
  type Database,
  type DeadLetter,
  getIngest,
  listDeadLetters,
  markReplayed,
  storeEventBatch,
} from '@kindred/storage';

/** What became of dead letters that were judged again: replayed = stored + duplicates + rejected. */
export interface ReplayReport {
  readonly replayed: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly rejected: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
}

const BATCH = 1000;

/**
 * Judges the open dead letters again by the plan of their log: after a fix of the rules or of the clock, say. Lines
 * that pass now are stored and marked; the others stay.
 */
export async function replayDeadLetters(
  database: Database,
  choice: { readonly ingestId?: number | undefined; readonly code?: string | undefined },
): Promise<ReplayReport> {
  const plans = new Map<number, LogPlan>();
  const totals = { replayed: 0, stored: 0, duplicates: 0, rejected: 0 };
  const byReason: Record<string, number> = {};
  let afterId: number | undefined;
  for (;;) {
    const letters = await listDeadLetters(database.db, { ...choice, open: true, afterId, limit: BATCH });
    if (letters.length === 0) break;
    afterId = letters.at(-1)?.id;
    const accepted = await judgeAgain(database, letters, plans, byReason);
    totals.replayed += letters.length;
    totals.rejected += letters.length - accepted.length;
    const stored = await storeAndMark(database, accepted);
    totals.stored += stored;
    totals.duplicates += accepted.length - stored;
  }
  const { rejected, ...counts } = totals;
  return { ...counts, rejected: { total: rejected, byReason } };
}

interface Accepted {
  readonly letter: DeadLetter;
  readonly event: Event;
}

async function judgeAgain(
  database: Database,
  letters: readonly DeadLetter[],
  plans: Map<number, LogPlan>,
  byReason: Record<string, number>,
): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  for (const letter of letters) {
    const plan = plans.get(letter.ingestId) ?? ((await getIngest(database.db, letter.ingestId)).plan as LogPlan);
    plans.set(letter.ingestId, plan);
    const verdict = replayLine(letter.raw.toString('utf8'), plan, { nowMs: Date.now(), lineNumber: letter.lineNumber });
    if (verdict.kind === 'event') accepted.push({ letter, event: verdict.event });
    else byReason[verdict.code] = (byReason[verdict.code] ?? 0) + 1;
  }
  return accepted;
}

/** @returns how many events were not stored before */
async function storeAndMark(database: Database, accepted: readonly Accepted[]): Promise<number> {
  if (accepted.length === 0) return 0;
  return database.db.transaction().execute(async (trx) => {
    const verdicts = await storeEventBatch(
      trx,
      accepted.map(({ event }) => event),
      'replay',
    );
    await markReplayed(
      trx,
      accepted.map(({ letter }) => letter.id),
    );
    return verdicts.filter((verdict) => verdict === 'stored').length;
  });
}
