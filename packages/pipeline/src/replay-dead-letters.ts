import {
  type GivenMapping,
  type LogPlan,
  type Preset,
  parseMapping,
  presetByName,
  replanLog,
  replayLine,
} from '@kindred/datasets';
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

/** Which dead letters are judged again, and how their columns are to be used where the first reading had them wrong. */
export interface ReplayChoice {
  readonly ingestId?: number | undefined;
  readonly code?: string | undefined;
  readonly preset?: string | undefined;
  readonly map?: string | undefined;
}

/**
 * Judges the open dead letters again by the plan of their log, or by a mended one: after a fix of the mapping, of the
 * rules or of the clock. Lines that pass now are stored and marked; the others stay. Letters of a log that is
 * still being read are left alone.
 * @throws KindredError NOT_FOUND for an ingest that never was; PRESET_UNKNOWN, MAPPING_INVALID
 */
export async function replayDeadLetters(
  database: Database,
  { preset, map, ...choice }: ReplayChoice,
): Promise<ReplayReport> {
  if (choice.ingestId !== undefined) await getIngest(database.db, choice.ingestId);
  const plans = new Plans(database, preset, map);
  const totals = { replayed: 0, stored: 0, duplicates: 0, rejected: 0 };
  const byReason: Record<string, number> = {};
  let afterId: number | undefined;
  for (;;) {
    const letters = await listDeadLetters(database.db, { ...choice, open: true, afterId, limit: BATCH });
    if (letters.length === 0) break;
    afterId = letters.at(-1)?.id;
    const { accepted, rejected } = await judgeAgain(letters, plans, byReason);
    totals.replayed += accepted.length + rejected;
    totals.rejected += rejected;
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
  letters: readonly DeadLetter[],
  plans: Plans,
  byReason: Record<string, number>,
): Promise<{ accepted: Accepted[]; rejected: number }> {
  const accepted: Accepted[] = [];
  let rejected = 0;
  for (const letter of letters) {
    const plan = await plans.find(letter.ingestId);
    if (plan === undefined) continue;
    const verdict = replayLine(letter.raw.toString('utf8'), plan, { nowMs: Date.now(), lineNumber: letter.lineNumber });
    if (verdict.kind === 'event') accepted.push({ letter, event: verdict.event });
    else {
      byReason[verdict.code] = (byReason[verdict.code] ?? 0) + 1;
      rejected++;
    }
  }
  return { accepted, rejected };
}

/** The plans of logs, mended, each asked for once. */
class Plans {
  readonly #found = new Map<number, LogPlan | undefined>();

  readonly #preset: Preset | undefined;
  readonly #map: GivenMapping | undefined;

  /** @throws KindredError PRESET_UNKNOWN, MAPPING_INVALID */
  constructor(
    private readonly database: Database,
    preset: string | undefined,
    map: string | undefined,
  ) {
    this.#preset = preset === undefined ? undefined : presetByName(preset);
    this.#map = map === undefined ? undefined : parseMapping(map);
  }

  /** Undefined while the log is still being read: its events may yet come to nothing. */
  async find(ingestId: number): Promise<LogPlan | undefined> {
    if (!this.#found.has(ingestId)) {
      const { plan, status } = await getIngest(this.database.db, ingestId);
      this.#found.set(ingestId, status === 'done' ? this.#mended(plan as LogPlan) : undefined);
    }
    return this.#found.get(ingestId);
  }

  #mended(plan: LogPlan): LogPlan {
    const isMended = this.#preset !== undefined || this.#map !== undefined;
    return isMended ? replanLog(plan, this.#preset, this.#map) : plan;
  }
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
