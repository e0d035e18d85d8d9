import { readConfig } from '@kindred/config';
import { openStorage } from '@kindred/pipeline';
import { openQueues } from '@kindred/queue';
import { pino } from 'pino';
import { startIngestWorker } from './ingest-worker.js';

const config = readConfig();
const logger = pino({ name: 'kindred-ingest', level: config.logLevel });
for (const warning of config.warnings) logger.warn(warning);

const storage = await openStorage({ ...config, applicationName: 'kindred-ingest' });
const connection = { redisUrl: config.redisUrl, databaseUrl: storage.databaseUrl };
const queues = await openQueues(connection, { logger });
const worker = await startIngestWorker(
  connection,
  { ...storage, ...config, databaseUrl: storage.databaseUrl, queues },
  logger,
);
logger.info({ queue: worker.backend }, 'waiting for jobs');

async function stop(signal: string): Promise<void> {
  logger.info({ signal }, 'stopping');
  await worker.close({ graceMs: config.shutdownGraceMs });
  await queues.close();
  await storage.close();
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
worker.ended.catch(async (error: unknown) => {
  logger.fatal(error, 'the worker can not go on');
  process.exitCode = 1;
  await stop('failure');
});
