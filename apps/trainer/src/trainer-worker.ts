import {
  createStageHandler,
  RECOVERY_TIMING,
  type RecoveryTiming,
  recordFailure,
  STAGE_TIMING,
  type StageSurroundings,
  startRecovery,
} from '@kindred/jobs';
import {
  type QueueConnection,
  type QueueLogger,
  type RunningWorker,
  startWorker,
  type WorkerTiming,
} from '@kindred/queue';

export interface TrainerTiming {
  readonly worker?: Partial<WorkerTiming>;
  readonly recovery?: RecoveryTiming;
}

/**
 * The worker of the stages that compute: train, evaluate, index, promote. One job at a time: it takes all cores.
 * It also looks for runs that were lost, of all stages.
 */
export async function startTrainerWorker(
  connection: QueueConnection,
  surroundings: StageSurroundings,
  logger: QueueLogger,
  { worker: timing = STAGE_TIMING, recovery = RECOVERY_TIMING }: TrainerTiming = {},
): Promise<RunningWorker> {
  const stage = createStageHandler(surroundings);
  const worker = await startWorker(
    connection,
    'trainer',
    { train: stage, evaluate: stage, index: stage, promote: stage },
    { logger, timing, onFailed: (failure) => recordFailure(surroundings, failure) },
  );
  const recovering = startRecovery(surroundings, logger, recovery);
  return {
    ...worker,
    close: async (options) => {
      await recovering.stop();
      await worker.close(options);
    },
  };
}
