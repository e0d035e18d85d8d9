import { createStageHandler, recordFailure, type StageSurroundings } from '@kindred/jobs';
import { type QueueConnection, type QueueLogger, type RunningWorker, startWorker } from '@kindred/queue';

/** The worker of the stages that compute: train, evaluate, index, promote. One job at a time: it takes all cores. */
export function startTrainerWorker(
  connection: QueueConnection,
  surroundings: StageSurroundings,
  logger: QueueLogger,
): Promise<RunningWorker> {
  const { database } = surroundings;
  const stage = createStageHandler(surroundings);
  return startWorker(
    connection,
    'trainer',
    { train: stage, evaluate: stage, index: stage, promote: stage },
    { logger, onFailed: (failure) => recordFailure(database, failure) },
  );
}
