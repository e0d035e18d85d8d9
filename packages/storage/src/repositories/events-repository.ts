import type { Event, ItemId, UserId } from '@kindred/domain';
import { type Kysely, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { fromJson } from './stored-value.js';

interface EventRow {
  readonly id: string;
  readonly user_id: string;
  readonly item_id: string;
  readonly type: string;
  readonly time_ms: number | null;
  readonly value: number | null;
  readonly properties: unknown;
}

/** date_part, unlike extract, stays in floating point; whole milliseconds come out exact. */
const EVENT_COLUMNS = sql`
  id, user_id, item_id, type, round(date_part('epoch', time) * 1000) AS time_ms, value, properties
`;

/** The newest events of a user, newest first; events without a time come last, the newest received of them first. */
export async function newestEventsOfUser(db: Queryable, userId: string, limit: number): Promise<Event[]> {
  const { rows } = await sql<EventRow>`
    SELECT ${EVENT_COLUMNS} FROM kindred.events WHERE user_id = ${userId}
    ORDER BY time DESC NULLS LAST, received_at DESC, id DESC LIMIT ${limit}
  `.execute(db);
  return rows.map(toEvent);
}

/** Every item that a user has done something with, being shown it (an impression) left out. */
export async function itemIdsOfUser(db: Queryable, userId: string): Promise<string[]> {
  const { rows } = await sql<{ item_id: string }>`
    SELECT DISTINCT item_id FROM kindred.events WHERE user_id = ${userId} AND type <> 'impression'
  `.execute(db);
  return rows.map((row) => row.item_id);
}

/**
 * All events as they stood when the reading began, in batches: those without a time first, then by time,
 * then by id. The order depends on the events alone, not on how or when they came in; memory stays flat.
 */
export async function* readEvents(
  db: Kysely<Tables>,
  options: { readonly batchSize?: number } = {},
): AsyncGenerator<Event[]> {
  const batchSize = options.batchSize ?? 10_000;
  const trx = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute();
  try {
    await sql`SET LOCAL work_mem = '64MB'`.execute(trx);
    await sql`
      DECLARE all_events NO SCROLL CURSOR FOR
      SELECT ${EVENT_COLUMNS} FROM kindred.events ORDER BY time NULLS FIRST, id
    `.execute(trx);
    for (;;) {
      const { rows } = await sql<EventRow>`FETCH ${sql.lit(batchSize)} FROM all_events`.execute(trx);
      if (rows.length === 0) break;
      yield rows.map(toEvent);
    }
  } finally {
    // Nothing was written: a reader that stops early and one that comes to the end leave alike.
    await trx.rollback().execute();
  }
}

/** Unix milliseconds of the oldest event; undefined where no event has a time. */
export async function findOldestTimeMs(db: Queryable): Promise<number | undefined> {
  const { rows } = await sql<{ oldest: number | null }>`
    SELECT round(date_part('epoch', min(time)) * 1000) AS oldest FROM kindred.events
  `.execute(db);
  return rows[0]?.oldest ?? undefined;
}

/** Whether there are events that did not come from files or streams of this name. */
export async function hasEventsBeside(db: Queryable, ingestSource: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT EXISTS (
      SELECT FROM kindred.events WHERE source NOT IN (
        SELECT 'ingest:' || id FROM kindred.ingests WHERE source = ${ingestSource}
      )
    ) AS found
  `.execute(db);
  return rows[0]?.found === true;
}

/** How many events there are. */
export async function countEvents(db: Queryable): Promise<number> {
  const { rows } = await sql<{ events: number }>`SELECT count(*) AS events FROM kindred.events`.execute(db);
  return rows[0]?.events ?? 0;
}

function toEvent(row: EventRow): Event {
  return {
    id: row.id,
    userId: row.user_id as UserId,
    itemId: row.item_id as ItemId,
    type: row.type,
    timeMs: row.time_ms ?? undefined,
    value: row.value ?? undefined,
    properties: fromJson(row.properties),
  };
}
