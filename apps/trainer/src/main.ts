import { type Config, formatDuration, readConfig } from '@kindred/config';
import { KindredError } from '@kindred/domain';
import { scheduleRetraining } from '@kindred/jobs';
import { checkRetrainSettings, openStorage } from '@kindred/pipeline';
import { openQueues } from '@kindred/queue';
import { type Logger, pino } from 'pino';
import { startTrainerWorker } from './trainer-worker.js';

/**
 * The trainer as a process of its own: snapshots in, models in service out. Ends in order on SIGTERM and SIGINT.
 * Of the processes that live apart it is the one that owns KINDRED_RETRAIN_EVERY and KINDRED_RETRAIN_SETTINGS: it sets
 * the schedule at its start and, started without an interval, takes it away. Trainers of one installation share their
 * settings.
 */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = pino({ name: 'kindred-trainer', level: config.logLevel });
  for (const warning of config.warnings) logger.warn(warning);
  checkRetrainSettings(config.retrainSettings, 'KINDRED_RETRAIN_SETTINGS');
  logRetraining(config, logger);
  const stop = stopSignal(logger);
  const { dataDir, redisUrl, threads, engine, shutdownGraceMs } = config;
  const storage = await openStorage({ databaseUrl: config.databaseUrl, dataDir, applicationName: 'kindred-trainer' });
  try {
    const { database, databaseUrl } = storage;
    const connection = { redisUrl, databaseUrl };
    const queues = await openQueues(connection, { logger });
    try {
      await scheduleRetraining(queues, config.retrainEveryMs, config.retrainSettings);
      const surroundings = { database, databaseUrl, dataDir, queues, threads, engine };
      const worker = await startTrainerWorker(connection, surroundings, logger);
      try {
        logger.info({ queue: worker.backend }, 'waiting for jobs');
        await Promise.race([stop, worker.ended]);
      } finally {
        await worker.close({ graceMs: shutdownGraceMs });
      }
    } finally {
      await queues.close();
    }
  } finally {
    await storage.close();
  }
  logger.info('trainer worker ended');
}

function logRetraining({ retrainEveryMs, retrainSettings }: Config, logger: Logger): void {
  if (retrainEveryMs !== undefined) {
    logger.info({ every: formatDuration(retrainEveryMs), settings: retrainSettings }, 'retraining by itself');
  } else if (Object.keys(retrainSettings).length > 0) {
    logger.warn('KINDRED_RETRAIN_SETTINGS has no effect without KINDRED_RETRAIN_EVERY');
  }
}

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130);
      stopping = true;
      logger.info({ signal }, 'jobs under way may finish; a second signal ends at once');
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}

main().catch((error: unknown) => {
  if (error instanceof KindredError) {
    process.stderr.write(`${error.code}: ${error.message}\n${error.entry.wayOut}\n`);
    process.exit(error.entry.exitCode);
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
