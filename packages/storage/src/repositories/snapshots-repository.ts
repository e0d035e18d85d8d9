import { type Selectable, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { requireFound, toJson, toMs } from './stored-value.js';

/** A snapshot that was written to disk; its id is the hash of its content, so it never changes. */
export interface StoredSnapshot {
  readonly id: string;
  readonly runId: string | undefined;
  readonly path: string;
  readonly manifest: unknown;
  readonly createdAtMs: number;
}

export interface NewSnapshot {
  readonly id: string;
  readonly runId?: string | undefined;
  readonly path: string;
  readonly manifest: unknown;
}

/** Notes a snapshot. The same events and settings give the same one again: then its path is what changes, if anything. */
export async function recordSnapshot(db: Queryable, snapshot: NewSnapshot): Promise<StoredSnapshot> {
  const { id, path } = snapshot;
  const row = await db
    .insertInto('snapshots')
    .values({ id, path, run_id: snapshot.runId ?? null, manifest: toJson(snapshot.manifest) })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ path, created_at: sql<Date>`now()` }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toSnapshot(row);
}

/** @throws KindredError NOT_FOUND */
export async function getSnapshot(db: Queryable, id: string): Promise<StoredSnapshot> {
  const row = await db.selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst();
  return toSnapshot(requireFound(row, 'snapshot', id));
}

/** The one that was made last. */
export async function findNewestSnapshot(db: Queryable): Promise<StoredSnapshot | undefined> {
  const [newest] = await listSnapshots(db, { limit: 1 });
  return newest;
}

/** Newest first. */
export async function listSnapshots(db: Queryable, page: { readonly limit: number }): Promise<StoredSnapshot[]> {
  const rows = await db
    .selectFrom('snapshots')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
  return rows.map(toSnapshot);
}

function toSnapshot(row: Selectable<Tables['snapshots']>): StoredSnapshot {
  return {
    id: row.id,
    runId: row.run_id ?? undefined,
    path: row.path,
    manifest: row.manifest,
    createdAtMs: toMs(row.created_at),
  };
}
