import { createRequire } from 'node:module';
import { KindredError, type RunStage } from '@kindred/domain';
import { endFailedRun, removeRunFolder, startRunPulse } from '@kindred/pipeline';
import {
  type JobContext,
  type JobFailure,
  type JobPayload,
  nextJob,
  type Queues,
  runInChild,
  stageJobId,
} from '@kindred/queue';
import { createRun, type Database, endRun, findRun, type Run } from '@kindred/storage';
import type { StagePayload } from './stage-payload.js';

export interface StageSurroundings {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly queues: Queues;
  readonly threads?: number | undefined;
  /** The engine of the runs that do not name one. */
  readonly engine?: string | undefined;
  /** How often a running stage says that it lives, and hears whether it shall stop. */
  readonly heartbeatMs?: number;
}

const CHILD_ENTRY = createRequire(import.meta.url).resolve('@kindred/jobs/stage-child');

/**
 * Does one stage of a run in a process of its own, then puts the next stage into its queue, or ends the run. Doing it
 * twice (after a crash) leads to the same end: a finished stage is not done again.
 */
export function createStageHandler(surroundings: StageSurroundings) {
  return async <Name extends RunStage>(payload: JobPayload<Name>, context: JobContext): Promise<void> => {
    const stage = payload.stages[0] as RunStage;
    const { database, dataDir, queues } = surroundings;
    const run = await runOf(database, payload, context);
    if (run.status !== 'queued' && run.status !== 'running') return;
    if (run.results[stage] === undefined) {
      const cancelled = await doStage(surroundings, run.id, stage, context);
      if (cancelled) return;
    }
    const next = nextJob(payload);
    if (next !== undefined) {
      await queues.enqueue(next.name, next.payload, { jobId: stageJobId(run.id, next.name) });
      return;
    }
    await endRun(database.db, run.id, 'done');
    await removeRunFolder(dataDir, run.id);
  };
}

/** Ends the run of a job that will not be tried again. */
export async function recordFailure(
  { database, dataDir }: Pick<StageSurroundings, 'database' | 'dataDir'>,
  failure: JobFailure,
): Promise<void> {
  const runId = (failure.payload as { runId?: unknown } | undefined)?.runId;
  if (!failure.final || typeof runId !== 'string') return;
  const run = await findRun(database.db, runId);
  if (run === undefined) return;
  await endFailedRun(database, runId, failure.error, run.cancelRequestedAtMs !== undefined);
  await removeRunFolder(dataDir, runId);
}

async function runOf(database: Database, payload: JobPayload<RunStage>, context: JobContext): Promise<Run> {
  const found = await findRun(database.db, payload.runId);
  if (found !== undefined) return found;
  if (!context.scheduled) throw new KindredError('NOT_FOUND', `there is no run ${payload.runId}`);
  return createRun(database.db, { id: payload.runId, stages: payload.stages, settings: payload.settings });
}

/** @returns whether the run was cancelled meanwhile */
async function doStage(
  { database, databaseUrl, dataDir, threads, engine, heartbeatMs }: StageSurroundings,
  runId: string,
  stage: RunStage,
  context: JobContext,
): Promise<boolean> {
  const pulse = startRunPulse(database, runId, heartbeatMs);
  const payload: StagePayload = { runId, stage, databaseUrl, dataDir, threads, engine };
  try {
    await runInChild<object>({
      entry: CHILD_ENTRY,
      payload,
      signal: AbortSignal.any([context.signal, pulse.signal]),
      onMessage: (message) => {
        if (message.type === 'log') context.logger[message.level](message.fields, message.message);
      },
    });
    return false;
  } catch (error) {
    const run = await findRun(database.db, runId);
    if (run?.cancelRequestedAtMs === undefined) throw error;
    await endFailedRun(database, runId, new KindredError('INTERRUPTED', 'the run was cancelled'), true);
    await removeRunFolder(dataDir, runId);
    return true;
  } finally {
    pulse.stop();
  }
}
