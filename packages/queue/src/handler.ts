import type { JobName, JobNameOf, JobPayload, QueueName } from './jobs.js';
import type { QueueLogger } from './logger.js';

/** What a handler knows of the job beside its payload. */
export interface JobContext {
  readonly jobId: string;
  /** 1 for the first attempt. Attempts that a shutdown cut short are not counted. */
  readonly attempt: number;
  /** Whether a schedule started it; its run does not exist yet then. */
  readonly scheduled: boolean;
  /** Aborted by cancel, by shutdown after its grace, and when the job was lost to another worker. */
  readonly signal: AbortSignal;
  readonly logger: QueueLogger;
}

/**
 * Does one job. Returning means done. A KindredError whose exit code is 1 (a server away, a crash) is tried
 * again; bad input and refused gates are verdicts and are not. A handler may run more than once for one job
 * (after a crash, say) and must lead to the same end.
 */
export type JobHandler<Name extends JobName> = (payload: JobPayload<Name>, context: JobContext) => Promise<void>;
export type JobHandlers<Q extends QueueName> = { readonly [Name in JobNameOf<Q>]: JobHandler<Name> };
