import { readConfig } from '@kindred/config';
import { KindredError } from '@kindred/domain';
import { openStorage } from '@kindred/pipeline';
import { openQueues } from '@kindred/queue';
import { type Logger, pino } from 'pino';
import { startIngestWorker } from './ingest-worker.js';

/**
 * The ingest worker as a process of its own: raw logs in, events and snapshots out. Ends in order on SIGTERM and SIGINT.
 */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = pino({ name: 'kindred-ingest', level: config.logLevel });
  for (const warning of config.warnings) logger.warn(warning);
  const stop = stopSignal(logger);
  const { dataDir, redisUrl, threads, engine, shutdownGraceMs } = config;
  const storage = await openStorage({ databaseUrl: config.databaseUrl, dataDir, applicationName: 'kindred-ingest' });
  try {
    const { database, databaseUrl } = storage;
    const connection = { redisUrl, databaseUrl };
    const queues = await openQueues(connection, { logger });
    try {
      const surroundings = { database, databaseUrl, dataDir, queues, threads, engine };
      const worker = await startIngestWorker(connection, surroundings, logger);
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
  logger.info('ingest worker ended');
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
