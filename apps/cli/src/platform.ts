import { startApi } from '@kindred/api-app';
import { RUN_STAGES } from '@kindred/domain';
import { startIngestWorker } from '@kindred/ingest-app';
import { openQueues, type Queues, type RunningWorker } from '@kindred/queue';
import { startTrainerWorker } from '@kindred/trainer-app';
import { type Logger, pino } from 'pino';
import type { StorageSession } from './session.js';

/** Kindred in one process: API, ingest worker and trainer. */
export interface Platform {
  readonly url: string;
  readonly queues: Queues;
  readonly logger: Logger;
  /** In order: no new requests, no new jobs, those under way to their end, then the connections. */
  close(): Promise<void>;
}

export interface PlatformOptions {
  readonly workers: boolean;
  readonly port: number;
  readonly retrainEveryMs?: number | undefined;
  readonly logLevel: string;
}

export async function startPlatform(session: StorageSession, options: PlatformOptions): Promise<Platform> {
  const { config, storage } = session;
  const { database, databaseUrl } = storage;
  const logger = pino({ name: 'kindred', level: options.logLevel }, pino.destination(2));
  const connection = { redisUrl: config.redisUrl, databaseUrl };
  const queues = await openQueues(connection, { logger });
  const { dataDir, threads } = config;
  const surroundings = { database, databaseUrl, dataDir, threads, queues };
  const workers: RunningWorker[] = [];
  const graceMs = config.shutdownGraceMs;
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close({ graceMs })));
    await queues.close();
  };
  try {
    if (options.workers) {
      workers.push(await startIngestWorker(connection, surroundings, logger));
      workers.push(await startTrainerWorker(connection, surroundings, logger));
      await scheduleRetraining(queues, options.retrainEveryMs);
    }
    const api = await startApi({
      database,
      databaseUrl,
      queues,
      dataDir,
      host: config.host,
      port: options.port,
      logger,
    });
    return {
      url: api.url,
      queues,
      logger,
      close: async () => {
        await api.close({ graceMs });
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A whole run every so often; without an interval no run starts by itself, also where one did before. */
async function scheduleRetraining(queues: Queues, everyMs: number | undefined): Promise<void> {
  const [first] = RUN_STAGES;
  if (everyMs === undefined) await queues.unschedule(first);
  else await queues.schedule(first, everyMs, { stages: [...RUN_STAGES] });
}

/** Resolves when the session is interrupted. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
