import { randomUUID } from 'node:crypto';
import { KindredError } from '@kindred/domain';
import { type Selectable, sql, type UpdateObject } from 'kysely';
import { type Claim, createClaimed, isUnclaimed } from '../claims.js';
import type { Database, Queryable, Tables } from '../open-database.js';
import type { StoredFault } from './ingests-repository.js';
import { fromJson, requireFound, toJson, toMs } from './stored-value.js';

export type RunStatus = 'queued' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled';
export type RunEnd = Exclude<RunStatus, 'queued' | 'running'>;

/** Who does the stages: the workers of the queue, or the process that made the run. */
export type RunExecutor = 'queue' | 'process';

export interface NewRun {
  readonly stages: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly id?: string;
  readonly parentId?: string | undefined;
}

/** One execution of one or more stages. */
export interface Run {
  readonly id: string;
  /** The run whose search this one is a trial of. */
  readonly parentId: string | undefined;
  readonly stages: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly status: RunStatus;
  /** The stage that runs, or in which the run ended; undefined before the first. */
  readonly currentStage: string | undefined;
  /** What each finished stage handed on, by stage. */
  readonly results: Readonly<Record<string, unknown>>;
  readonly error: StoredFault | undefined;
  readonly cancelRequestedAtMs: number | undefined;
  readonly heartbeatAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
}

const OPEN: readonly RunStatus[] = ['queued', 'running'];

/** A new run, queued. */
export function createRun(db: Queryable, run: NewRun): Promise<Run> {
  return insertRun(db, run, 'queue');
}

/** A new run that this process does itself: see `endAbandonedRuns`. The claim is released when it has ended. */
export async function createClaimedRun(
  database: Pick<Database, 'pool'>,
  run: NewRun,
): Promise<{ readonly run: Run; readonly claim: Claim }> {
  const { row, claim } = await createClaimed(database, 'run', async (trx) => {
    const made = await insertRun(trx, run, 'process');
    return { id: made.id, row: made };
  });
  return { run: row, claim };
}

async function insertRun(db: Queryable, run: NewRun, executor: RunExecutor): Promise<Run> {
  const { id = randomUUID(), parentId, stages, settings = {} } = run;
  const row = await db
    .insertInto('runs')
    .values({ id, parent_id: parentId ?? null, stages: [...stages], settings: toJson(settings), executor })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toRun(row);
}

/** @throws KindredError NOT_FOUND */
export async function getRun(db: Queryable, id: string): Promise<Run> {
  return requireFound(await findRun(db, id), 'run', id);
}

export async function findRun(db: Queryable, id: string): Promise<Run | undefined> {
  const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** The trials of a run's search, oldest first. */
export async function listTrials(db: Queryable, parentId: string): Promise<Run[]> {
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('parent_id', '=', parentId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toRun);
}

/** Newest first, from before the run given on. */
export async function listRuns(
  db: Queryable,
  page: { readonly beforeId?: string | undefined; readonly status?: RunStatus | undefined; readonly limit: number },
): Promise<Run[]> {
  let query = db.selectFrom('runs').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit);
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  if (page.beforeId !== undefined) {
    query = query.where(
      sql<boolean>`(created_at, id) < (SELECT created_at, id FROM kindred.runs WHERE id = ${page.beforeId})`,
    );
  }
  return (await query.execute()).map(toRun);
}

/**
 * A worker takes up a stage: the run is running from now on.
 * @throws KindredError STATE_INVALID when the run has ended or shall be cancelled, or does not have the stage; NOT_FOUND
 */
export async function startRunStage(db: Queryable, id: string, stage: string): Promise<Run> {
  const changes = {
    status: 'running',
    current_stage: stage,
    started_at: sql<Date>`coalesce(started_at, now())`,
    heartbeat_at: sql<Date>`now()`,
  };
  const guard = sql<boolean>`cancel_requested_at IS NULL AND ${stage} = ANY (stages)`;
  return changeOpenRun(db, id, changes, `stage ${stage} can not start`, guard);
}

/**
 * A stage is finished and hands its result on to the next.
 * @throws KindredError STATE_INVALID when the run is not in that stage; NOT_FOUND
 */
export async function finishRunStage(db: Queryable, id: string, stage: string, result: unknown): Promise<Run> {
  const results = sql<unknown>`results || jsonb_build_object(${stage}::text, ${toJson(result)}::jsonb)`;
  const guard = sql<boolean>`status = 'running' AND current_stage = ${stage}`;
  return changeOpenRun(db, id, { results, heartbeat_at: sql<Date>`now()` }, `stage ${stage} can not finish`, guard);
}

/** @throws KindredError STATE_INVALID when the run has ended already; NOT_FOUND */
export async function endRun(db: Queryable, id: string, status: RunEnd, error?: StoredFault): Promise<Run> {
  const changes = {
    status,
    error: error === undefined ? null : toJson(error),
    finished_at: sql<Date>`now()`,
  };
  return changeOpenRun(db, id, changes, `it can not become ${status}`);
}

/**
 * Asks for the end of a run: a queued one is cancelled at once, a running one by its worker, which sees it
 * at its next heartbeat. Asking twice is no fault.
 * @throws KindredError RUN_NOT_CANCELLABLE when it has ended; NOT_FOUND
 */
export async function requestCancel(db: Queryable, id: string): Promise<Run> {
  const row = await db
    .updateTable('runs')
    .set({
      cancel_requested_at: sql<Date>`coalesce(cancel_requested_at, now())`,
      status: sql<string>`CASE status WHEN 'queued' THEN 'cancelled' ELSE status END`,
      finished_at: sql<Date | null>`CASE status WHEN 'queued' THEN now() END`,
    })
    .where('id', '=', id)
    .where('status', 'in', OPEN)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return toRun(row);
  const { status } = await getRun(db, id);
  throw new KindredError('RUN_NOT_CANCELLABLE', `run ${id} is ${status}`, { field: 'id' });
}

/** The worker still works. @returns whether the run shall go on: false when it has ended or shall be cancelled */
export async function beatRun(db: Queryable, id: string): Promise<boolean> {
  const row = await db
    .updateTable('runs')
    .set({ heartbeat_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', 'in', OPEN)
    .returning('cancel_requested_at')
    .executeTakeFirst();
  return row !== undefined && row.cancel_requested_at === null;
}

/**
 * Open runs of the queue that no worker has said anything about for so long: they wait in the queue, or the queue
 * has lost them. Oldest first.
 */
export async function findSilentRuns(db: Queryable, silentForMs: number): Promise<Run[]> {
  const rows = await db
    .selectFrom('runs')
    .selectAll()
    .where('status', 'in', OPEN)
    .where('executor', '=', 'queue')
    .where(sql<boolean>`coalesce(heartbeat_at, created_at) < now() - ${silentForMs} * interval '1 millisecond'`)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toRun);
}

/**
 * Ends the runs whose process did the stages itself and is gone: killed, or the machine with it.
 * @returns the runs as they ended
 */
export async function endAbandonedRuns(db: Queryable): Promise<Run[]> {
  const fault: StoredFault = { code: 'INTERRUPTED', message: 'the process that did the run ended without a word' };
  const rows = await db
    .updateTable('runs')
    .set({
      status: sql<string>`CASE WHEN cancel_requested_at IS NULL THEN 'failed' ELSE 'cancelled' END`,
      error: toJson(fault),
      finished_at: sql<Date>`now()`,
    })
    .where('status', 'in', OPEN)
    .where('executor', '=', 'process')
    .where(isUnclaimed('run', sql`runs.id`))
    .returningAll()
    .execute();
  return rows.map(toRun);
}

async function changeOpenRun(
  db: Queryable,
  id: string,
  changes: UpdateObject<Tables, 'runs'>,
  otherwise: string,
  guard = sql<boolean>`true`,
): Promise<Run> {
  const row = await db
    .updateTable('runs')
    .set(changes)
    .where('id', '=', id)
    .where('status', 'in', OPEN)
    .where(guard)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return toRun(row);
  throw stateFault(await getRun(db, id), otherwise);
}

function stateFault(run: Run, otherwise: string): KindredError {
  const cancelling = run.cancelRequestedAtMs === undefined || run.status !== 'running' ? '' : ' and being cancelled';
  const stage = run.currentStage === undefined ? '' : ` in stage ${run.currentStage}`;
  const stages = run.stages.join(', ');
  return new KindredError(
    'STATE_INVALID',
    `run ${run.id} (${stages}) is ${run.status}${cancelling}${stage}: ${otherwise}`,
    { field: 'id' },
  );
}

function toRun(row: Selectable<Tables['runs']>): Run {
  return {
    id: row.id,
    parentId: row.parent_id ?? undefined,
    stages: row.stages,
    settings: row.settings as Record<string, unknown>,
    status: row.status as RunStatus,
    currentStage: row.current_stage ?? undefined,
    results: row.results as Record<string, unknown>,
    error: fromJson<StoredFault>(row.error),
    cancelRequestedAtMs: toMs(row.cancel_requested_at),
    heartbeatAtMs: toMs(row.heartbeat_at),
    createdAtMs: toMs(row.created_at),
    startedAtMs: toMs(row.started_at),
    finishedAtMs: toMs(row.finished_at),
  };
}
