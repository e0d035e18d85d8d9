export type { ChildMessage } from './child-messages.js';
export type { QueueConnection } from './connection.js';
export type { JobContext, JobHandler, JobHandlers } from './handler.js';
export {
  JOBS,
  type JobInput,
  type JobName,
  type JobNameOf,
  type JobPayload,
  jobIdsOf,
  jobNamesOf,
  KEEP_FINISHED,
  nextJob,
  parsePayload,
  QUEUE_NAMES,
  type QueueName,
  RETRY_POLICY,
  stageJobId,
} from './jobs.js';
export type { QueueLogger } from './logger.js';
export {
  type CancelOutcome,
  type JobSnapshot,
  type JobState,
  openQueues,
  type QueueCounts,
  type Queues,
  type QueuesOptions,
} from './open-queues.js';
export { type ChildOptions, runInChild } from './run-in-child.js';
export {
  type JobFailure,
  type RunningWorker,
  startWorker,
  WORKER_TIMING,
  type WorkerOptions,
  type WorkerTiming,
} from './start-worker.js';
