import { createIngestHandler, createStageHandler, recordFailure, type StageSurroundings } from '@kindred/jobs';
import { type QueueConnection, type QueueLogger, type RunningWorker, startWorker } from '@kindred/queue';

/** The worker of the first two stages: ingest, pair. */
export function startIngestWorker(
  connection: QueueConnection,
  surroundings: StageSurroundings,
  logger: QueueLogger,
): Promise<RunningWorker> {
  const { database } = surroundings;
  return startWorker(
    connection,
    'ingest',
    { ingest: createIngestHandler(database), pair: createStageHandler(surroundings) },
    { logger, onFailed: (failure) => recordFailure(database, failure) },
  );
}
