import { KindredError } from '@kindred/domain';
import { Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { BullWorker } from './connection.js';
import { reasonOf } from './deadline.js';
import { type Envelope, openEnvelope } from './envelope.js';
import type { JobHandler } from './handler.js';
import { isJobName, type JobName, parsePayload, SCHEDULED_RUN_ID } from './jobs.js';
import type { QueueLogger } from './logger.js';

type QueuedJob = Job<Envelope, void, string>;
type AbortCause = 'cancelled' | 'shutdown' | 'lost';
interface RunningJob {
  readonly controller: AbortController;
  cause: AbortCause | undefined;
}

/** An attempt after which there is no other; keeps the error that said so. */
class FinalFailure extends UnrecoverableError {
  constructor(readonly original: KindredError) {
    super(`${original.code}: ${original.message}`);
  }
}

/** A failed attempt that may be repeated. BullMQ stores only the message of an error, so the code goes into it. */
class FailedAttempt extends Error {
  constructor(readonly original: KindredError) {
    super(`${original.code}: ${original.message}`);
    this.stack = original.stack ?? this.message;
  }
}

/** Does jobs one by one as the worker brings them, and can abort each of them. */
export class JobRunner {
  readonly #handlers: Readonly<Record<string, JobHandler<JobName>>>;
  readonly #logger: QueueLogger;
  readonly #running = new Map<string, RunningJob>();
  #taking = true;

  constructor(handlers: Readonly<Record<string, JobHandler<JobName>>>, logger: QueueLogger) {
    this.#handlers = handlers;
    this.#logger = logger;
  }

  static originalError(error: Error): Error {
    return error instanceof FinalFailure || error instanceof FailedAttempt ? error.original : error;
  }

  running(): string[] {
    return [...this.#running.keys()];
  }

  /** From now on a job that still arrives goes back to the queue untouched. */
  stopTaking(): void {
    this.#taking = false;
  }

  abort(jobId: string, reason: KindredError, cause: AbortCause): boolean {
    const job = this.#running.get(jobId);
    if (job === undefined || job.cause !== undefined) return false;
    job.cause = cause;
    job.controller.abort(reason);
    return true;
  }

  abortAll(reason: KindredError, cause: AbortCause): void {
    for (const jobId of this.running()) this.abort(jobId, reason, cause);
  }

  /** Aborts the running jobs that someone asked to cancel, from whichever process. */
  async findCancelled(worker: BullWorker): Promise<void> {
    for (const jobId of this.running()) {
      try {
        const stored: QueuedJob | undefined = await Job.fromId(worker, jobId);
        if (stored?.data.cancelRequested === true) this.abort(jobId, cancelled(), 'cancelled');
      } catch (error) {
        this.#logger.warn({ jobId, reason: reasonOf(error) }, 'could not look for a cancellation');
      }
    }
  }

  /** One attempt at one job, in the terms of BullMQ: return, throw, or throw that it went back to waiting. */
  async run(job: QueuedJob, token: string): Promise<void> {
    const jobId = job.id ?? '';
    const state: RunningJob = { controller: new AbortController(), cause: undefined };
    this.#running.set(jobId, state);
    try {
      if (!this.#taking) return await handBack(job, token);
      await this.#attempt(job, jobId, state.controller.signal);
    } catch (error) {
      if (error instanceof WaitingError) throw error;
      if (state.cause === 'shutdown') return await handBack(job, token);
      if (state.cause === 'cancelled') throw new FinalFailure(cancelled());
      throw asFailure(error);
    } finally {
      this.#running.delete(jobId);
    }
  }

  async #attempt(job: QueuedJob, jobId: string, signal: AbortSignal): Promise<void> {
    const { payload, cancelRequested } = openEnvelope(job.data);
    if (cancelRequested === true) throw new FinalFailure(cancelled());
    const handler = this.#handlers[job.name];
    if (!isJobName(job.name) || handler === undefined) {
      throw new KindredError('JOB_INVALID', `there is no job of the name ${JSON.stringify(job.name)}`);
    }
    const scheduled = job.repeatJobKey !== undefined;
    const parsed = parsePayload(job.name, payload);
    await handler(scheduled ? withRunOfItsOwn(parsed, jobId) : parsed, {
      jobId,
      attempt: job.attemptsMade + 1,
      scheduled,
      signal,
      logger: this.#logger,
    });
  }
}

/** The run of a firing is named after the job, so that a second attempt finds the run of the first. */
export function withRunOfItsOwn<Payload>(payload: Payload, jobId: string): Payload {
  if (typeof payload !== 'object' || payload === null) return payload;
  if (!('runId' in payload) || payload.runId !== SCHEDULED_RUN_ID) return payload;
  return { ...payload, runId: jobId.replaceAll(':', '-') };
}

function cancelled(): KindredError {
  return new KindredError('INTERRUPTED', 'the job was cancelled');
}

async function handBack(job: QueuedJob, token: string): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}

/** Faults of the input and refusals are the same on every attempt; everything else may pass. */
function asFailure(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (error instanceof FinalFailure || !(error instanceof KindredError)) return error;
  const repeatable = error.entry.exitCode === 1 && error.code !== 'JOB_INVALID';
  return repeatable ? new FailedAttempt(error) : new FinalFailure(error);
}
