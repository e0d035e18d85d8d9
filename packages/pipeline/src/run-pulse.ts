import { KindredError } from '@kindred/domain';
import { beatRun, type Database } from '@kindred/storage';

const HEARTBEAT_MS = 2000;

/** A run at work: others see that it lives, and it hears whether it shall stop. */
export interface RunPulse {
  /** Aborted when somebody has asked for the end of the run. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** Beats for a run until it is stopped. A database that does not answer for a while is no reason to end the run. */
export function startRunPulse(database: Database, runId: string, everyMs = HEARTBEAT_MS): RunPulse {
  const cancel = new AbortController();
  const beat = async (): Promise<void> => {
    const goesOn = await beatRun(database.db, runId).catch(() => true);
    if (!goesOn) cancel.abort(new KindredError('INTERRUPTED', 'the run was cancelled'));
  };
  const timer = setInterval(() => void beat(), everyMs);
  return { signal: cancel.signal, stop: () => clearInterval(timer) };
}
