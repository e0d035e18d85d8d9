import { KindredError } from '@kindred/domain';
import { type Selectable, sql } from 'kysely';
import { type Claim, createClaimed, isUnclaimed } from '../claims.js';
import type { Database, Queryable, Tables } from '../open-database.js';
import { fromJson, requireFound, storableText, toJson, toJsonOrNull, toMs } from './stored-value.js';

export type IngestStatus = 'running' | 'done' | 'failed';

/** Lines of a file by what became of them: read = stored + duplicates + rejected. */
export interface IngestCounts {
  readonly read: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Rejected lines by error code. */
  readonly byReason: Readonly<Record<string, number>>;
}

/** The reading of one file or stream. */
export interface Ingest extends IngestCounts {
  readonly id: number;
  readonly source: string;
  /** How the file was understood: format, preset, mapping. */
  readonly plan: unknown;
  readonly status: IngestStatus;
  readonly error: StoredFault | undefined;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | undefined;
}

/** Why something failed, as it is shown to people and programs. */
export interface StoredFault {
  readonly code: string;
  readonly message: string;
}

/** @returns the id of the new ingest, which is running */
export async function createIngest(
  db: Queryable,
  ingest: { readonly source: string; readonly plan?: unknown },
): Promise<number> {
  const row = await db
    .insertInto('ingests')
    .values({ source: storableText(ingest.source), plan: toJsonOrNull(ingest.plan) })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** A new ingest that this process reads: see `failAbandonedIngests`. The claim is released when it has ended. */
export async function createClaimedIngest(
  database: Pick<Database, 'pool'>,
  ingest: { readonly source: string; readonly plan?: unknown },
): Promise<{ readonly id: number; readonly claim: Claim }> {
  const { row, claim } = await createClaimed(database, 'ingest', async (trx) => {
    const id = await createIngest(trx, ingest);
    return { id, row: id };
  });
  return { id: row, claim };
}

/**
 * Fails the ingests whose process is gone: killed, or the machine with it. Nothing of them was stored.
 * @returns their ids
 */
export async function failAbandonedIngests(db: Queryable): Promise<number[]> {
  const fault: StoredFault = { code: 'INTERRUPTED', message: 'the process that read it ended without a word' };
  const ended = await db
    .updateTable('ingests')
    .set({ status: 'failed', error: toJson(fault), finished_at: sql<Date>`now()` })
    .where('status', '=', 'running')
    .where(isUnclaimed('ingest', sql`ingests.id::text`))
    .returning('id')
    .execute();
  const ids = ended.map(({ id }) => id);
  if (ids.length > 0) await db.deleteFrom('dead_letters').where('ingest_id', 'in', ids).execute();
  return ids;
}

/** @throws KindredError STATE_INVALID when it does not run (any more), INTERNAL when the counts don't add up */
export async function finishIngest(db: Queryable, id: number, counts: IngestCounts): Promise<void> {
  if (counts.read !== counts.stored + counts.duplicates + counts.rejected) {
    throw new KindredError('INTERNAL', `ingest ${id} lost count of its lines: ${JSON.stringify(counts)}`);
  }
  const { read, stored, duplicates, rejected } = counts;
  const byReason = toJson(counts.byReason);
  const over = { status: 'done', finished_at: sql<Date>`now()` };
  await requireRunning(
    id,
    db
      .updateTable('ingests')
      .set({ read, stored, duplicates, rejected, by_reason: byReason, ...over })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .executeTakeFirst(),
  );
}

/**
 * Marks an ingest of which nothing was stored, and forgets its dead letters: the file will be read again.
 * @throws KindredError STATE_INVALID when it does not run (any more)
 */
export async function failIngest(db: Queryable, id: number, fault: StoredFault): Promise<void> {
  await requireRunning(
    id,
    db
      .updateTable('ingests')
      .set({ status: 'failed', error: toJson(fault), finished_at: sql<Date>`now()` })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .executeTakeFirst(),
  );
  await db.deleteFrom('dead_letters').where('ingest_id', '=', id).execute();
}

/** @throws KindredError NOT_FOUND */
export async function getIngest(db: Queryable, id: number): Promise<Ingest> {
  const row = await db.selectFrom('ingests').selectAll().where('id', '=', id).executeTakeFirst();
  return toIngest(requireFound(row, 'ingest', id));
}

/** Newest first, from before the id given on. */
export async function listIngests(
  db: Queryable,
  page: { readonly beforeId?: number | undefined; readonly limit: number },
): Promise<Ingest[]> {
  let query = db.selectFrom('ingests').selectAll().orderBy('id', 'desc').limit(page.limit);
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId);
  return (await query.execute()).map(toIngest);
}

async function requireRunning(id: number, update: Promise<{ numUpdatedRows: bigint }>): Promise<void> {
  if ((await update).numUpdatedRows === 0n) {
    throw new KindredError('STATE_INVALID', `ingest ${id} is not running`, { field: 'id' });
  }
}

function toIngest(row: Selectable<Tables['ingests']>): Ingest {
  return {
    id: row.id,
    source: row.source,
    plan: fromJson(row.plan),
    status: row.status as IngestStatus,
    read: row.read,
    stored: row.stored,
    duplicates: row.duplicates,
    rejected: row.rejected,
    byReason: row.by_reason as Record<string, number>,
    error: fromJson<StoredFault>(row.error),
    startedAtMs: toMs(row.started_at),
    finishedAtMs: toMs(row.finished_at),
  };
}
