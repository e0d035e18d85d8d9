import { type Selectable, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { fromJson, requireFound, toJson, toJsonOrNull, toMs } from './stored-value.js';

/** How far a model has come; it never goes back. */
export const MODEL_STATUSES = ['trained', 'evaluated', 'indexed'] as const;
export type ModelStatus = (typeof MODEL_STATUSES)[number];

/** A trained model. */
export interface StoredModel {
  readonly id: string;
  readonly snapshotId: string;
  readonly runId: string | undefined;
  readonly method: string;
  readonly status: ModelStatus;
  readonly path: string;
  readonly metrics: Readonly<Record<string, unknown>> | undefined;
  readonly createdAtMs: number;
}

export interface NewModel {
  readonly id: string;
  readonly snapshotId: string;
  readonly runId?: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
}

/** A new model, trained. */
export async function createModel(db: Queryable, model: NewModel): Promise<StoredModel> {
  const { id, method, path } = model;
  const links = { snapshot_id: model.snapshotId, run_id: model.runId ?? null };
  const row = await db
    .insertInto('models')
    .values({ id, method, path, ...links, metrics: toJsonOrNull(model.metrics) })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toModel(row);
}

/**
 * A model has come further; its metrics are added to those it has. A step back (evaluated again after it
 * was indexed) adds the metrics and leaves the status.
 * @throws KindredError NOT_FOUND
 */
export async function advanceModel(
  db: Queryable,
  id: string,
  status: ModelStatus,
  metrics: Readonly<Record<string, unknown>> = {},
): Promise<StoredModel> {
  const order = sql`ARRAY['trained', 'evaluated', 'indexed']`;
  const row = await db
    .updateTable('models')
    .set({
      status: sql<string>`
        CASE WHEN array_position(${order}, ${status}) > array_position(${order}, status) THEN ${status} ELSE status END
      `,
      metrics: sql<unknown>`coalesce(metrics, '{}') || ${toJson(metrics)}::jsonb`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return toModel(requireFound(row, 'model', id));
}

/** @throws KindredError NOT_FOUND */
export async function getModel(db: Queryable, id: string): Promise<StoredModel> {
  return requireFound(await findModel(db, id), 'model', id);
}

export async function findModel(db: Queryable, id: string): Promise<StoredModel | undefined> {
  const row = await db.selectFrom('models').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toModel(row);
}

/** The one that was trained last, of those that have come so far at least. */
export async function findNewestModel(
  db: Queryable,
  atLeast: ModelStatus = 'trained',
): Promise<StoredModel | undefined> {
  const [newest] = await listModels(db, { atLeast, limit: 1 });
  return newest;
}

export interface ModelPage {
  readonly atLeast?: ModelStatus | undefined;
  readonly runId?: string | undefined;
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

/** Newest first, from before the model given on. */
export async function listModels(db: Queryable, page: ModelPage): Promise<StoredModel[]> {
  const enough = MODEL_STATUSES.slice(MODEL_STATUSES.indexOf(page.atLeast ?? 'trained'));
  let query = db
    .selectFrom('models')
    .selectAll()
    .where('status', 'in', enough)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.runId !== undefined) query = query.where('run_id', '=', page.runId);
  if (page.beforeId !== undefined) {
    query = query.where(
      sql<boolean>`(created_at, id) < (SELECT created_at, id FROM kindred.models WHERE id = ${page.beforeId})`,
    );
  }
  return (await query.execute()).map(toModel);
}

function toModel(row: Selectable<Tables['models']>): StoredModel {
  return {
    id: row.id,
    snapshotId: row.snapshot_id,
    runId: row.run_id ?? undefined,
    method: row.method,
    status: row.status as ModelStatus,
    path: row.path,
    metrics: fromJson(row.metrics),
    createdAtMs: toMs(row.created_at),
  };
}
