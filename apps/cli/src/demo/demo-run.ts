import { setTimeout as sleep } from 'node:timers/promises';
import { ERROR_TABLE, type ErrorCode, KindredError, RUN_STAGES } from '@kindred/domain';
import { parseRunSettings, type StageResults } from '@kindred/pipeline';
import { type Queues, stageJobId } from '@kindred/queue';
import { createRun, getRun, listRunEvents, type Run } from '@kindred/storage';
import type { StorageSession } from '../session.js';

const POLL_MS = 300;

/** Puts a run of all stages into the queue, as `POST /v1/runs` does. */
export async function startWholeRun(
  { storage }: StorageSession,
  queues: Queues,
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  parseRunSettings(settings);
  const run = await createRun(storage.database.db, { stages: RUN_STAGES, settings });
  const [first] = RUN_STAGES;
  await queues.enqueue(first, { runId: run.id, stages: [...RUN_STAGES] }, { jobId: stageJobId(run.id, first) });
  return run.id;
}

/**
 * Passes on what the run says until it ends.
 * @throws KindredError of the run when it does not end well
 */
export async function followRun(session: StorageSession, runId: string): Promise<StageResults> {
  const { db } = session.storage.database;
  let afterSeq = 0;
  for (;;) {
    const run = await getRun(db, runId);
    for (const event of await listRunEvents(db, runId, { afterSeq, limit: 1000 })) {
      afterSeq = event.seq;
      session.progress.say(event.kind === 'progress' ? `  ${event.message}` : event.message);
    }
    if (run.status === 'done') return run.results as unknown as StageResults;
    if (run.status !== 'queued' && run.status !== 'running') throw faultOf(run);
    if (session.signal.aborted) throw new KindredError('INTERRUPTED', 'the demo was interrupted');
    await sleep(POLL_MS);
  }
}

function faultOf({ id, status, error }: Run): KindredError {
  const code = error !== undefined && Object.hasOwn(ERROR_TABLE, error.code) ? (error.code as ErrorCode) : 'INTERNAL';
  return new KindredError(code, `run ${id} is ${status}: ${error?.message ?? 'no reason was given'}`);
}
