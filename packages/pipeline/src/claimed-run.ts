import { KindredError } from '@kindred/domain';
import {
  appendRunEvent,
  createClaimedRun,
  type Database,
  endRun,
  getRun,
  type NewRun,
  type Run,
  type RunEnd,
} from '@kindred/storage';
import { faultOf } from './ingest-log.js';
import { startRunPulse } from './run-pulse.js';

/**
 * Makes a run that this process does itself, and ends it, whatever happens.
 * @param work does it, until its signal: that of the caller, or somebody cancelled this run
 * @throws what the work throws; KindredError INTERRUPTED, with the reason of the signal, when that ended the work
 */
export async function doClaimedRun<T>(
  database: Database,
  given: NewRun,
  signal: AbortSignal | undefined,
  work: (runId: string, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly run: Run; readonly value: T }> {
  const { run, claim } = await createClaimedRun(database, given);
  const pulse = startRunPulse(database, run.id);
  const either = AbortSignal.any([pulse.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    const value = await work(run.id, either);
    return { run: await endRun(database.db, run.id, 'done'), value };
  } catch (thrown) {
    // Where the work was when the signal came says less than why it came.
    const stopped = thrown instanceof KindredError && thrown.code === 'INTERRUPTED';
    const error = stopped && either.reason instanceof KindredError ? either.reason : thrown;
    await endFailedRun(database, run.id, error, either.aborted);
    throw error;
  } finally {
    pulse.stop();
    claim.release();
  }
}

/** Ends a run that can not go on: refused by a gate, cancelled or failed. A run that has ended already stays as it is. */
export async function endFailedRun(
  database: Database,
  runId: string,
  error: unknown,
  cancelled: boolean,
): Promise<void> {
  const fault = faultOf(error);
  const refused = error instanceof KindredError && error.entry.exitCode === 3;
  const end: RunEnd = cancelled ? 'cancelled' : refused ? 'refused' : 'failed';
  const run = await getRun(database.db, runId);
  if (run.status !== 'queued' && run.status !== 'running') return;
  await appendRunEvent(database.db, runId, { stage: run.currentStage, kind: end, message: fault.message, data: fault });
  await endRun(database.db, runId, end, fault);
}
