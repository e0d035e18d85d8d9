import { readConfig } from '@kindred/config';
import { KindredError } from '@kindred/domain';
import { openStorage } from '@kindred/pipeline';
import { openQueues } from '@kindred/queue';
import { type Logger, pino } from 'pino';
import { startApi } from './start-api.js';

/** What was opened is closed in the opposite order, also when a later step fails. */
class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** The API as a process of its own: database, queue, API; ends in order on SIGTERM and SIGINT. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = pino({ level: config.logLevel, name: 'kindred-api' });
  for (const warning of config.warnings) logger.warn(warning);
  const stop = stopSignal(logger);
  const opened = new Opened();
  try {
    const { databaseUrl, dataDir, redisUrl, host, port } = config;
    const storage = await openStorage({ databaseUrl, dataDir, applicationName: 'kindred-api' });
    opened.add(() => storage.close());
    const queues = await openQueues({ redisUrl, databaseUrl: storage.databaseUrl }, { logger });
    opened.add(() => queues.close());
    const { database } = storage;
    const api = await startApi({ database, databaseUrl: storage.databaseUrl, queues, dataDir, host, port, logger });
    opened.add(() => api.close({ graceMs: config.shutdownGraceMs }));
    logger.info({ url: api.url }, 'API listens');
    await stop;
  } finally {
    await opened.close();
  }
  logger.info('API closed');
}

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130);
      stopping = true;
      logger.info({ signal }, 'closing; a second signal ends at once');
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
