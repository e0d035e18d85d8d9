import { ERROR_TABLE, type ErrorCode, KindredError, type RunStage } from '@kindred/domain';
import { endFailedRun, removeLeftovers } from '@kindred/pipeline';
import { type JobSnapshot, jobIdsOf, type QueueLogger, type Queues, stageJobId } from '@kindred/queue';
import { endAbandonedRuns, endRun, failAbandonedIngests, findSilentRuns, type Run } from '@kindred/storage';
import type { StageSurroundings } from './stage-handler.js';

type Surroundings = Pick<StageSurroundings, 'database' | 'dataDir' | 'queues'>;

export interface RecoveryTiming {
  /** How often it is looked for what was lost. */
  readonly everyMs: number;
  /** A run whose worker was heard of within this time is in good hands. */
  readonly silentForMs: number;
}

export const RECOVERY_TIMING: RecoveryTiming = { everyMs: 30_000, silentForMs: 60_000 };

/**
 * So that nothing stays "running" for ever: ends what killed commands left open, and finds the runs that the queue no
 * longer carries (a Redis that lost its data, a worker killed between two steps). A job that the queue holds is left
 * to it: a dead worker's job goes to the next worker by itself.
 */
export async function recoverRuns(surroundings: Surroundings, silentForMs: number, logger: QueueLogger): Promise<void> {
  const { database, dataDir } = surroundings;
  for (const { id } of await endAbandonedRuns(database.db))
    logger.warn({ runId: id }, 'ended a run whose process is gone');
  for (const id of await failAbandonedIngests(database.db)) {
    logger.warn({ ingestId: id }, 'ended an ingest whose process is gone');
  }
  for (const run of await findSilentRuns(database.db, silentForMs)) {
    const outcome = await recoverRun(surroundings, run);
    if (outcome !== undefined) logger.warn({ runId: run.id, status: run.status }, outcome);
  }
  await removeLeftovers(database, dataDir);
}

/** Looks for lost runs now and then until it is stopped; stop waits for a look under way. */
export function startRecovery(
  surroundings: Surroundings,
  logger: QueueLogger,
  { everyMs, silentForMs }: RecoveryTiming = RECOVERY_TIMING,
): { stop(): Promise<void> } {
  let looking: Promise<void> = Promise.resolve();
  const look = (): void => {
    looking = looking
      .then(() => recoverRuns(surroundings, silentForMs, logger))
      .catch((error: unknown) => logger.warn({ reason: String(error) }, 'could not look for lost runs'));
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return looking;
    },
  };
}

/** @returns what was done, or undefined where the queue still has the run's next job */
async function recoverRun({ database, queues }: Surroundings, run: Run): Promise<string | undefined> {
  const left = (run.stages as RunStage[]).filter((stage) => run.results[stage] === undefined);
  const [stage] = left;
  if (stage === undefined) {
    await endRun(database.db, run.id, 'done');
    return 'ended a run whose stages are all done';
  }
  const job = await findJob(queues, run.id, stage);
  if (job !== undefined && job.state !== 'failed' && job.state !== 'completed' && job.state !== 'unknown')
    return undefined;
  if (run.cancelRequestedAtMs !== undefined) {
    await endFailedRun(database, run.id, new KindredError('INTERRUPTED', 'the run was cancelled'), true);
    return 'ended a cancelled run that no worker has';
  }
  if (job === undefined) {
    await queues.enqueue(stage, { runId: run.id, stages: left }, { jobId: stageJobId(run.id, stage) });
    return 'the queue had lost a run; its next stage is queued again';
  }
  await endFailedRun(database, run.id, failureOf(job), false);
  return 'ended a run whose job has failed';
}

async function findJob(queues: Queues, runId: string, stage: RunStage): Promise<JobSnapshot | undefined> {
  for (const jobId of jobIdsOf(runId, stage)) {
    const job = await queues.find(stage, jobId);
    if (job !== undefined) return job;
  }
  return undefined;
}

/** What the queue kept of a failure: `CODE: message`. */
function failureOf({ failedReason = '' }: JobSnapshot): KindredError {
  const [code = ''] = failedReason.split(':', 1);
  if (Object.hasOwn(ERROR_TABLE, code)) {
    return new KindredError(code as ErrorCode, failedReason.slice(code.length + 1).trim());
  }
  return new KindredError('JOB_CRASHED', failedReason || 'its worker ended without a word');
}
