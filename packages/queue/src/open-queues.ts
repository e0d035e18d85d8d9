import { KindredError, type RunStage } from '@kindred/domain';
import { type BullQueue, openBackend, type QueueBackend, type QueueConnection } from './connection.js';
import { queueAnswer, reasonOf, settledWithin } from './deadline.js';
import { sealEnvelope } from './envelope.js';
import {
  JOBS,
  type JobInput,
  type JobName,
  KEEP_FINISHED,
  parsePayload,
  QUEUE_NAMES,
  type QueueName,
  RETRY_POLICY,
  SCHEDULED_RUN_ID,
} from './jobs.js';
import { type QueueLogger, SILENT_LOGGER } from './logger.js';

export type JobState = 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'unknown';

/** A job as it stands in the queue. */
export interface JobSnapshot {
  readonly jobId: string;
  readonly name: JobName;
  readonly state: JobState;
  /** Attempts that have ended in failure so far. */
  readonly failedAttempts: number;
  /** `CODE: message` of the last failure. */
  readonly failedReason: string | undefined;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly completed: number;
  readonly failed: number;
}

/**
 * What became of a cancellation: `removed` before it began; `requested` of the worker that runs it;
 * `finished` already; `absent`: no such job.
 */
export type CancelOutcome = 'removed' | 'requested' | 'finished' | 'absent';

/** The producer's side of the queues. */
export interface Queues {
  readonly backend: 'redis' | 'postgres';
  /**
   * Puts a job into its queue. The same jobId again makes no second job while the first is waiting, running
   * or kept (a week after it finished).
   * @throws KindredError JOB_INVALID for a payload or id of the wrong shape, QUEUE_UNAVAILABLE
   */
  enqueue<Name extends JobName>(name: Name, payload: JobInput<Name>, options: { jobId: string }): Promise<void>;
  /**
   * Starts a run of these stages every so often, the first time one interval from now. One schedule a stage:
   * the same again keeps its rhythm, another interval or payload replaces it. Each firing is a run of its own,
   * whose id follows from the time it was due: `repeat-pair-1795305600000`.
   */
  schedule<Name extends RunStage>(name: Name, everyMs: number, payload: Omit<JobInput<Name>, 'runId'>): Promise<void>;
  /** Ends the schedule of that stage; false when there was none. */
  unschedule(name: RunStage): Promise<boolean>;
  cancel(name: JobName, jobId: string): Promise<CancelOutcome>;
  find(name: JobName, jobId: string): Promise<JobSnapshot | undefined>;
  counts(): Promise<Record<QueueName, QueueCounts>>;
  /** Never fails: with the server away there is nothing left to say to it. */
  close(): Promise<void>;
}

export interface QueuesOptions {
  readonly logger?: QueueLogger;
  /** In place of RETRY_POLICY. */
  readonly retry?: { readonly attempts: number; readonly backoffMs: number };
}

/**
 * Opens both queues for producing.
 * @throws KindredError QUEUE_UNAVAILABLE within seconds when the server is not there
 */
export async function openQueues(connection: QueueConnection, options: QueuesOptions = {}): Promise<Queues> {
  const backend = await openBackend(connection);
  const logger = options.logger ?? SILENT_LOGGER;
  const opened = new Map<QueueName, BullQueue>();
  for (const name of QUEUE_NAMES) {
    const queue = backend.createQueue(name);
    queue.on('error', (error) => {
      logger[queue.closing === undefined ? 'warn' : 'info'](
        { queue: name, reason: reasonOf(error) },
        'queue connection',
      );
    });
    opened.set(name, queue);
  }
  const queues = new OpenQueues(backend, opened, options.retry ?? RETRY_POLICY);
  await queues.ready();
  return queues;
}

class OpenQueues implements Queues {
  readonly backend: 'redis' | 'postgres';
  readonly #backend: QueueBackend;
  readonly #queues: ReadonlyMap<QueueName, BullQueue>;
  readonly #jobOptions;

  constructor(
    backend: QueueBackend,
    queues: ReadonlyMap<QueueName, BullQueue>,
    retry: { readonly attempts: number; readonly backoffMs: number },
  ) {
    this.backend = backend.kind;
    this.#backend = backend;
    this.#queues = queues;
    const keep = { age: KEEP_FINISHED.ageSeconds, count: KEEP_FINISHED.count };
    this.#jobOptions = {
      attempts: retry.attempts,
      backoff: { type: 'exponential', delay: retry.backoffMs },
      removeOnComplete: keep,
      removeOnFail: keep,
    };
  }

  async ready(): Promise<void> {
    try {
      await this.#answer(Promise.all([...this.#queues.values()].map((queue) => queue.waitUntilReady())));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async enqueue<Name extends JobName>(name: Name, payload: JobInput<Name>, { jobId }: { jobId: string }) {
    checkJobId(name, jobId);
    const data = sealEnvelope(parsePayload(name, payload));
    await this.#answer(this.#queueOf(name).add(name, data, { ...this.#jobOptions, jobId }));
  }

  async schedule<Name extends RunStage>(name: Name, everyMs: number, payload: Omit<JobInput<Name>, 'runId'>) {
    if (!Number.isSafeInteger(everyMs) || everyMs < 1) {
      throw new KindredError('JOB_INVALID', `schedule of ${name}: everyMs must be a positive whole number`, {
        field: 'everyMs',
      });
    }
    const data = sealEnvelope(parsePayload(name, { ...payload, runId: SCHEDULED_RUN_ID }));
    const startDate = Date.now() + everyMs;
    await this.#answer(
      this.#queueOf(name).upsertJobScheduler(
        name,
        { every: everyMs, startDate },
        { name, data, opts: this.#jobOptions },
      ),
    );
  }

  async unschedule(name: RunStage): Promise<boolean> {
    return this.#answer(this.#queueOf(name).removeJobScheduler(name));
  }

  async cancel(name: JobName, jobId: string): Promise<CancelOutcome> {
    return this.#answer(cancelJob(this.#queueOf(name), jobId));
  }

  async find(name: JobName, jobId: string): Promise<JobSnapshot | undefined> {
    const job = await this.#answer(this.#queueOf(name).getJob(jobId));
    if (job === undefined) return undefined;
    const state = await this.#answer(job.getState());
    return {
      jobId,
      name: job.name as JobName,
      state: state === 'waiting-children' || state === 'prioritized' ? 'waiting' : state,
      failedAttempts: job.attemptsMade,
      failedReason: job.failedReason || undefined,
    };
  }

  async counts(): Promise<Record<QueueName, QueueCounts>> {
    const [ingest, trainer] = await Promise.all(QUEUE_NAMES.map((name) => this.#countsOf(name)));
    return { ingest: ingest as QueueCounts, trainer: trainer as QueueCounts };
  }

  async close(): Promise<void> {
    await settledWithin(Promise.all([...this.#queues.values()].map((queue) => queue.close())), this.#backend.timeoutMs);
    this.#backend.disconnect();
  }

  async #countsOf(name: QueueName): Promise<QueueCounts> {
    const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
    const counts = await this.#answer(this.#queueNamed(name).getJobCounts(...states));
    return Object.fromEntries(states.map((state) => [state, counts[state] ?? 0])) as unknown as QueueCounts;
  }

  #queueOf(name: JobName): BullQueue {
    return this.#queueNamed(JOBS[name].queue);
  }

  #queueNamed(name: QueueName): BullQueue {
    return this.#queues.get(name) as BullQueue;
  }

  #answer<T>(promise: Promise<T>): Promise<T> {
    return queueAnswer(promise, this.#backend.where, this.#backend.timeoutMs);
  }
}

async function cancelJob(queue: BullQueue, jobId: string): Promise<CancelOutcome> {
  const job = await queue.getJob(jobId);
  if (job === undefined) return 'absent';
  if ((await job.isCompleted()) || (await job.isFailed())) return 'finished';
  // The mark comes first: were the job taken up between the two steps, its worker would still see it.
  await job.updateData({ ...job.data, cancelRequested: true });
  if (await job.isActive()) return 'requested';
  return job.remove().then(
    () => 'removed',
    () => 'requested',
  );
}

/** BullMQ reads colons as its own separator and digits as its own numbering. */
function checkJobId(name: JobName, jobId: string): void {
  if (/^[A-Za-z0-9._-]{1,200}$/.test(jobId) && !/^\d+$/.test(jobId)) return;
  throw new KindredError(
    'JOB_INVALID',
    `job ${name}: the id ${JSON.stringify(jobId)} must be 1 to 200 letters, digits, dots, - or _, and not digits alone`,
    { field: 'jobId' },
  );
}
