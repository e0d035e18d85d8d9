import { KindredError } from '@kindred/domain';
import { type BullWorker, openBackend, type QueueConnection } from './connection.js';
import { queueAnswer, reasonOf, settledWithin } from './deadline.js';
import type { JobHandler, JobHandlers } from './handler.js';
import { JobRunner, withRunOfItsOwn } from './job-runner.js';
import { isJobName, JOBS, type JobName, jobNamesOf, type QueueName } from './jobs.js';
import { type QueueLogger, SILENT_LOGGER } from './logger.js';

/** A failed attempt. */
export interface JobFailure {
  readonly name: string;
  readonly jobId: string;
  /** As it was queued; of a schedule's firing with the run of its own. */
  readonly payload: unknown;
  readonly error: Error;
  /** Whether it will not be tried again. */
  readonly final: boolean;
}

export interface WorkerTiming {
  /** A worker that has not renewed its job for so long is taken for dead; renewed at half of it. */
  readonly lockMs: number;
  /** How often jobs of dead workers are looked for. */
  readonly stalledCheckMs: number;
  /** How often one job may outlive its worker before it is given up. */
  readonly maxStalls: number;
  /** How often running jobs are checked for a request to cancel. */
  readonly cancelPollMs: number;
  /** How long an aborted handler may take to return at shutdown before it is left behind. */
  readonly abandonMs: number;
}

export const WORKER_TIMING: WorkerTiming = {
  lockMs: 30_000,
  stalledCheckMs: 15_000,
  maxStalls: 3,
  cancelPollMs: 1000,
  abandonMs: 15_000,
};

export interface WorkerOptions {
  readonly logger?: QueueLogger;
  /** Jobs at a time; 1 by default. */
  readonly concurrency?: number;
  /** Closes the worker when aborted. */
  readonly signal?: AbortSignal;
  /** Grace of a close that `signal` asks for. */
  readonly graceMs?: number;
  /** Told of every failed attempt, those of jobs that died with their workers included. */
  readonly onFailed?: (failure: JobFailure) => void | Promise<void>;
  readonly timing?: Partial<WorkerTiming>;
}

export interface RunningWorker {
  readonly queue: QueueName;
  readonly backend: 'redis' | 'postgres';
  /** Ids of the jobs being done. */
  running(): string[];
  /** Aborts a job that this worker is doing; false when it is not doing it. */
  cancel(jobId: string): boolean;
  /**
   * Stops taking jobs, waits up to graceMs for those being done, then aborts them and hands them back to the
   * queue, where any worker takes them up without a lost attempt.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
  /** Settles when the worker has ended: resolved after close, rejected when it can not go on. */
  readonly ended: Promise<void>;
}

const DEFAULT_GRACE_MS = 20_000;

/**
 * Starts doing the jobs of one queue.
 * @throws KindredError INTERNAL unless every job name of the queue has exactly one handler; QUEUE_UNAVAILABLE
 */
export async function startWorker<Q extends QueueName>(
  connection: QueueConnection,
  queue: Q,
  handlers: JobHandlers<Q>,
  options: WorkerOptions = {},
): Promise<RunningWorker> {
  checkHandlers(queue, handlers);
  const backend = await openBackend(connection);
  const logger = options.logger ?? SILENT_LOGGER;
  const timing = { ...WORKER_TIMING, ...options.timing };
  const runner = new JobRunner(handlers as Readonly<Record<string, JobHandler<JobName>>>, logger);
  const worker = backend.createWorker(queue, (job, token) => runner.run(job, token ?? ''), {
    autorun: false,
    concurrency: options.concurrency ?? 1,
    lockDuration: timing.lockMs,
    stalledInterval: timing.stalledCheckMs,
    maxStalledCount: timing.maxStalls,
  });
  const reports = reportFailures(worker, logger, options.onFailed);
  watchConnection(worker, runner, queue, logger);
  try {
    await queueAnswer(worker.waitUntilReady(), backend.where, backend.timeoutMs);
  } catch (error) {
    await worker.close(true).catch(() => {});
    throw error;
  }
  const polling = setInterval(() => void runner.findCancelled(worker), timing.cancelPollMs);
  const ended = worker.run().finally(() => clearInterval(polling));
  ended.catch((error: unknown) => logger.error({ queue, reason: reasonOf(error) }, 'worker ended'));

  async function shutDown(graceMs: number): Promise<void> {
    runner.stopTaking();
    const drained = worker.close();
    if (await settledWithin(drained, graceMs)) return;
    runner.abortAll(new KindredError('INTERRUPTED', 'the worker is shutting down'), 'shutdown');
    if (await settledWithin(drained, timing.abandonMs)) return;
    logger.error({ queue, jobs: runner.running() }, 'gave up an orderly end; its jobs are left to another worker');
    await settledWithin(worker.disconnect(), backend.timeoutMs);
  }

  let closing: Promise<void> | undefined;
  function close({ graceMs = options.graceMs ?? DEFAULT_GRACE_MS }: { readonly graceMs?: number } = {}): Promise<void> {
    closing ??= shutDown(graceMs).then(() => reports.settled());
    return closing;
  }
  closeOnAbort(options.signal, close);
  return {
    queue,
    backend: backend.kind,
    running: () => runner.running(),
    cancel: (jobId) => runner.abort(jobId, new KindredError('INTERRUPTED', 'the job was cancelled'), 'cancelled'),
    close,
    ended,
  };
}

function checkHandlers(queue: QueueName, handlers: object): void {
  const given = Object.keys(handlers);
  const missing = jobNamesOf(queue).filter((name) => !given.includes(name));
  const foreign = given.filter((name) => !isJobName(name) || JOBS[name].queue !== queue);
  const faults = [
    ...missing.map((name) => `no handler for ${name}`),
    ...foreign.map((name) => `a handler for ${name}, which is no job of this queue`),
  ];
  if (faults.length > 0) throw new KindredError('INTERNAL', `worker of queue ${queue}: ${faults.join('; ')}`);
}

function closeOnAbort(signal: AbortSignal | undefined, close: () => Promise<void>): void {
  if (signal === undefined) return;
  const onAbort = () => void close();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
}

/** Logs what BullMQ can only emit, and gives up jobs whose lock was lost: another worker may have them. */
function watchConnection(worker: BullWorker, runner: JobRunner, queue: QueueName, logger: QueueLogger): void {
  // A server that ends right after its last client may still say goodbye to it: no reason to warn.
  worker.on('error', (error) => {
    logger[worker.closing === undefined ? 'warn' : 'info']({ queue, reason: reasonOf(error) }, 'queue worker');
  });
  worker.on('stalled', (jobId) => logger.warn({ queue, jobId }, 'the worker of this job died; taking it up again'));
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) {
      runner.abort(jobId, new KindredError('INTERRUPTED', 'the job went to another worker'), 'lost');
    }
  });
}

/** Passes failures on, and remembers calls under way so that close can wait for them. */
function reportFailures(worker: BullWorker, logger: QueueLogger, onFailed: WorkerOptions['onFailed']) {
  const pending = new Set<Promise<void>>();
  worker.on('failed', (job, error) => {
    if (job === undefined) return;
    const failure: JobFailure = {
      name: job.name,
      jobId: job.id ?? '',
      payload: withRunOfItsOwn(job.data?.payload, job.id ?? ''),
      error: JobRunner.originalError(error),
      final: job.finishedOn !== undefined,
    };
    logger.warn({ job: failure.name, jobId: failure.jobId, final: failure.final, reason: error.message }, 'job failed');
    const report = (async () => onFailed?.(failure))().catch((fault: unknown) =>
      logger.error({ jobId: failure.jobId, reason: reasonOf(fault) }, 'the failure could not be recorded'),
    );
    pending.add(report);
    void report.finally(() => pending.delete(report));
  });
  return { settled: async () => void (await Promise.all(pending)) };
}
