import {
  createIngestHandler,
  createStageHandler,
  recordFailure,
  STAGE_TIMING,
  type StageSurroundings,
} from '@kindred/jobs';
import { type QueueConnection, type QueueLogger, type RunningWorker, startWorker } from '@kindred/queue';

/** The worker of the first two stages: ingest, pair. */
export function startIngestWorker(
  connection: QueueConnection,
  surroundings: StageSurroundings,
  logger: QueueLogger,
): Promise<RunningWorker> {
  return startWorker(
    connection,
    'ingest',
    { ingest: createIngestHandler(surroundings.database), pair: createStageHandler(surroundings) },
    { logger, timing: STAGE_TIMING, onFailed: (failure) => recordFailure(surroundings, failure) },
  );
}
