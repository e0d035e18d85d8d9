import { type Selectable, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { storableText, toMs } from './stored-value.js';

/** A line that was rejected, before it is stored. */
export interface NewDeadLetter {
  readonly lineNumber: number;
  /** The line: text, or its very bytes where they are no text. NUL and bad UTF-8 survive. */
  readonly raw: string | Uint8Array;
  readonly code: string;
  readonly message: string;
}

/** A line that was rejected. */
export interface DeadLetter {
  readonly id: number;
  readonly ingestId: number;
  readonly lineNumber: number;
  readonly raw: Buffer;
  readonly code: string;
  readonly message: string;
  readonly createdAtMs: number;
  /** When it was read again and accepted. */
  readonly replayedAtMs: number | undefined;
}

export interface DeadLetterPage {
  readonly ingestId?: number | undefined;
  readonly code?: string | undefined;
  /** Only those that were not replayed yet. */
  readonly open?: boolean | undefined;
  readonly afterId?: number | undefined;
  readonly limit: number;
}

export async function addDeadLetters(
  db: Queryable,
  ingestId: number,
  letters: readonly NewDeadLetter[],
): Promise<void> {
  if (letters.length === 0) return;
  await sql`
    INSERT INTO kindred.dead_letters (ingest_id, line_number, raw, code, message)
    SELECT ${ingestId}, * FROM unnest(
      ${letters.map(({ lineNumber }) => lineNumber)}::bigint[],
      ${letters.map(({ raw }) => (typeof raw === 'string' ? Buffer.from(raw, 'utf8') : Buffer.from(raw)))}::bytea[],
      ${letters.map(({ code }) => code)}::text[],
      ${letters.map(({ message }) => storableText(message))}::text[]
    )
  `.execute(db);
}

/**
 * Forgets the open dead letters of earlier readings of the same source that a newer reading has rejected again for the
 * same reason: a file that is read every night keeps one letter for a bad line, not one a night.
 * @param trx a transaction
 * @returns how many
 */
export async function supersedeDeadLetters(trx: Queryable, ingestId: number): Promise<number> {
  // The letters of an hour ago are in no statistics yet: left alone, the planner would compare each with each.
  await sql`SET LOCAL enable_nestloop = off`.execute(trx);
  const { numAffectedRows } = await sql`
    DELETE FROM kindred.dead_letters
    WHERE replayed_at IS NULL
      AND ingest_id IN (
        SELECT before.id FROM kindred.ingests AS before, kindred.ingests AS now
        WHERE now.id = ${ingestId} AND before.source = now.source AND before.id < now.id AND before.status = 'done'
      )
      AND (code, raw) IN (SELECT code, raw FROM kindred.dead_letters WHERE ingest_id = ${ingestId})
  `.execute(trx);
  await sql`SET LOCAL enable_nestloop = on`.execute(trx);
  return Number(numAffectedRows ?? 0);
}

/** In the order they were stored, from after the id given on. */
export async function listDeadLetters(db: Queryable, page: DeadLetterPage): Promise<DeadLetter[]> {
  let query = db.selectFrom('dead_letters').selectAll().orderBy('id').limit(page.limit);
  if (page.ingestId !== undefined) query = query.where('ingest_id', '=', page.ingestId);
  if (page.code !== undefined) query = query.where('code', '=', page.code);
  if (page.open === true) query = query.where('replayed_at', 'is', null);
  if (page.afterId !== undefined) query = query.where('id', '>', page.afterId);
  return (await query.execute()).map(toDeadLetter);
}

/** The ingests that have open dead letters, the first one first. */
export async function listIngestsOfDeadLetters(db: Queryable, code?: string): Promise<number[]> {
  let query = db
    .selectFrom('dead_letters')
    .select('ingest_id')
    .distinct()
    .where('replayed_at', 'is', null)
    .orderBy('ingest_id');
  if (code !== undefined) query = query.where('code', '=', code);
  return (await query.execute()).map((row) => row.ingest_id);
}

/** @returns how many of them were not marked before */
export async function markReplayed(db: Queryable, ids: readonly number[]): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('dead_letters')
    .set({ replayed_at: sql<Date>`now()` })
    .where(sql<boolean>`id = ANY (${[...ids]}::bigint[])`)
    .where('replayed_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Open dead letters by error code. */
export async function countDeadLetters(db: Queryable, ingestId?: number): Promise<Record<string, number>> {
  let query = db
    .selectFrom('dead_letters')
    .select(['code', sql<number>`count(*)`.as('count')])
    .where('replayed_at', 'is', null)
    .groupBy('code')
    .orderBy('code');
  if (ingestId !== undefined) query = query.where('ingest_id', '=', ingestId);
  const rows = await query.execute();
  return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
}

function toDeadLetter(row: Selectable<Tables['dead_letters']>): DeadLetter {
  return {
    id: row.id,
    ingestId: row.ingest_id,
    lineNumber: row.line_number,
    raw: row.raw,
    code: row.code,
    message: row.message,
    createdAtMs: toMs(row.created_at),
    replayedAtMs: toMs(row.replayed_at),
  };
}
