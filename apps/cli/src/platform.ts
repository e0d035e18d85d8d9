import { startApi } from '@kindred/api-app';
import type { JsonObject } from '@kindred/config';
import { startIngestWorker } from '@kindred/ingest-app';
import { scheduleRetraining } from '@kindred/jobs';
import { openQueues, type Queues, type RunningWorker } from '@kindred/queue';
import { startTrainerWorker } from '@kindred/trainer-app';
import { type Logger, pino } from 'pino';
import type { StorageSession } from './session.js';

/** Kindred in one process: API, ingest worker and trainer. */
export interface Platform {
  readonly url: string;
  readonly queues: Queues;
  readonly logger: Logger;
  /** Rejected when a worker can not go on. */
  readonly failed: Promise<never>;
  /** In order: no new requests, no new jobs, those under way to their end, then the connections. */
  close(): Promise<void>;
}

export interface Retraining {
  /** Undefined: never. */
  readonly everyMs: number | undefined;
  readonly settings: JsonObject;
}

export interface PlatformOptions {
  readonly workers: boolean;
  readonly port: number;
  /** Whole runs that start by themselves, with settings that were checked; without workers nobody would do them. */
  readonly retraining?: Retraining | undefined;
  readonly logLevel: string;
}

export async function startPlatform(session: StorageSession, options: PlatformOptions): Promise<Platform> {
  const { config, storage } = session;
  const { database, databaseUrl } = storage;
  const logger = pino({ name: 'kindred', level: options.logLevel }, pino.destination(2));
  const connection = { redisUrl: config.redisUrl, databaseUrl };
  const queues = await openQueues(connection, { logger });
  const { dataDir, threads, engine } = config;
  const surroundings = { database, databaseUrl, dataDir, threads, engine, queues };
  const workers: RunningWorker[] = [];
  const graceMs = config.shutdownGraceMs;
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close({ graceMs })));
    await queues.close();
  };
  try {
    if (options.workers) {
      await scheduleRetraining(queues, options.retraining?.everyMs, options.retraining?.settings ?? {});
      workers.push(await startIngestWorker(connection, surroundings, logger));
      workers.push(await startTrainerWorker(connection, surroundings, logger));
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
      failed: firstFailure(workers),
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

/** Never resolves; a worker that ends because it was closed is no failure. */
function firstFailure(workers: readonly RunningWorker[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const worker of workers) worker.ended.catch(reject);
  });
  failed.catch(() => undefined);
  return failed;
}

/** Resolves when the session is interrupted. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
