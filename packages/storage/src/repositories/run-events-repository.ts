import { type Selectable, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { fromJson, requireFound, storableText, toJsonOrNull, toMs } from './stored-value.js';

/** A line of a run's log, before it is stored. */
export interface NewRunEvent {
  readonly stage?: string | undefined;
  /** What sort of line: started, progress, log, finished, failed, … */
  readonly kind: string;
  readonly message: string;
  readonly data?: unknown;
}

/** A line of a run's log. */
export interface RunEvent extends NewRunEvent {
  /** 1, 2, 3, … within the run, in the order in which readers come to see them. */
  readonly seq: number;
  readonly timeMs: number;
}

/**
 * Appends to a run's log. Appends to one run wait for each other, so a reader that asks for what comes
 * after the last number it saw misses nothing.
 * @returns the number of the new line
 * @throws KindredError NOT_FOUND
 */
export async function appendRunEvent(db: Queryable, runId: string, event: NewRunEvent): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    WITH run AS (
      UPDATE kindred.runs SET last_event_seq = last_event_seq + 1 WHERE id = ${runId} RETURNING id, last_event_seq
    )
    INSERT INTO kindred.run_events (run_id, seq, stage, kind, message, data)
    SELECT id, last_event_seq, ${event.stage ?? null}::text, ${event.kind}, ${storableText(event.message)},
      ${toJsonOrNull(event.data)}::jsonb
    FROM run RETURNING seq
  `.execute(db);
  return requireFound(rows[0], 'run', runId).seq;
}

/** In order, from after the number given on. */
export async function listRunEvents(
  db: Queryable,
  runId: string,
  page: { readonly afterSeq?: number | undefined; readonly limit: number },
): Promise<RunEvent[]> {
  const rows = await db
    .selectFrom('run_events')
    .selectAll()
    .where('run_id', '=', runId)
    .where('seq', '>', page.afterSeq ?? 0)
    .orderBy('seq')
    .limit(page.limit)
    .execute();
  return rows.map(toRunEvent);
}

function toRunEvent(row: Selectable<Tables['run_events']>): RunEvent {
  return {
    seq: row.seq,
    timeMs: toMs(row.time),
    stage: row.stage ?? undefined,
    kind: row.kind,
    message: row.message,
    data: fromJson(row.data),
  };
}
