import { KindredError } from '@kindred/domain';
import {
  assertSchemaCompatibility,
  createPostgresBackend,
  createRedisBackend,
  LATEST_SCHEMA_VERSION,
  type Queue,
  runMigrations,
  SchemaMigrationRequiredError,
  type Worker,
  type WorkerOptions,
  withBackend,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { queueAnswer } from './deadline.js';
import type { Envelope } from './envelope.js';
import type { QueueName } from './jobs.js';
import { patientBackend } from './patient-backend.js';

/** Where the queue lives: in Redis when there is a URL for it, else in PostgreSQL. */
export interface QueueConnection {
  readonly redisUrl?: string | undefined;
  readonly databaseUrl?: string | undefined;
  /** PostgreSQL schema, or prefix of the keys in Redis: two Kindreds may share one server. */
  readonly namespace?: string;
  /** How long a server may take to answer before it counts as unavailable. */
  readonly timeoutMs?: number;
}

export type BullQueue = Queue<Envelope, void, string>;
export type BullWorker = Worker<Envelope, void, string>;
type Processor = (job: Parameters<BullWorker['processFn']>[0], token?: string) => Promise<void>;
type WorkerSettings = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** One of the two stores, reached and ready. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /** The server without its password, for messages. */
  readonly where: string;
  readonly timeoutMs: number;
  createQueue(name: QueueName): BullQueue;
  createWorker(name: QueueName, processor: Processor, settings: WorkerSettings): BullWorker;
  /** Gives up the connection that the queues share, after they were closed. */
  disconnect(): void;
}

const DEFAULT_NAMESPACE = 'kindred_queue';
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Reaches the server, and brings the queue's own schema up to date where it lives in PostgreSQL.
 * @throws KindredError CONFIG_INVALID without any URL, QUEUE_UNAVAILABLE when the server does not answer
 */
export async function openBackend(connection: QueueConnection): Promise<QueueBackend> {
  const namespace = connection.namespace ?? DEFAULT_NAMESPACE;
  const timeoutMs = connection.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  if (connection.redisUrl !== undefined) return openRedis(connection.redisUrl, namespace, timeoutMs);
  if (connection.databaseUrl !== undefined) return openPostgres(connection.databaseUrl, namespace, timeoutMs);
  throw new KindredError('CONFIG_INVALID', 'the queue needs KINDRED_REDIS_URL or KINDRED_DATABASE_URL');
}

async function openRedis(url: string, prefix: string, timeoutMs: number): Promise<QueueBackend> {
  const where = `Redis at ${hostOf(url)}`;
  await queueAnswer(pingRedis(url, timeoutMs), where, timeoutMs + 1000);
  const classes = withBackend(patientBackend(createRedisBackend));
  const base = { connectTimeout: timeoutMs };
  let producer: Redis | undefined;
  return {
    kind: 'redis',
    where,
    timeoutMs,
    createQueue: (name) => {
      // A producer is told at once that the server is away; a worker waits for it to come back.
      producer ??= new Redis(url, { ...base, enableOfflineQueue: false, maxRetriesPerRequest: 1 });
      return new classes.Queue(name, { prefix, connection: producer }) as unknown as BullQueue;
    },
    createWorker: (name, processor, settings) =>
      new classes.Worker(name, processor, {
        ...settings,
        prefix,
        connection: { ...base, url, maxRetriesPerRequest: null },
      }) as unknown as BullWorker,
    // BullMQ's own close leaves a client whose server is away trying to reconnect for ever.
    disconnect: () => {
      producer?.on('error', () => {});
      producer?.disconnect();
    },
  };
}

async function pingRedis(url: string, connectTimeout: number): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, connectTimeout, retryStrategy: () => null });
  let fault: Error | undefined;
  client.on('error', (error) => {
    fault = error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw fault ?? error;
  } finally {
    client.disconnect();
  }
}

async function openPostgres(url: string, schema: string, timeoutMs: number): Promise<QueueBackend> {
  const where = `PostgreSQL at ${hostOf(url)}`;
  await queueAnswer(prepareSchema(url, schema, timeoutMs), where, 4 * timeoutMs);
  const classes = withBackend(patientBackend(createPostgresBackend));
  const connection = { connectionString: url, connectionTimeoutMillis: timeoutMs, max: 4, schema };
  return {
    kind: 'postgres',
    where,
    timeoutMs,
    createQueue: (name) => new classes.Queue(name, { connection }) as unknown as BullQueue,
    createWorker: (name, processor, settings) =>
      new classes.Worker(name, processor, { ...settings, connection }) as unknown as BullWorker,
    disconnect: () => {},
  };
}

/** Creates or migrates the schema only when it needs it, so that a role without DDL rights can run on a ready one. */
async function prepareSchema(url: string, schema: string, connectionTimeoutMillis: number): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis });
  client.on('error', () => {});
  try {
    await client.connect();
    if ((await schemaVersion(client, schema)) < LATEST_SCHEMA_VERSION) await runMigrations(client, schema);
  } finally {
    await client.end().catch(() => {});
  }
}

async function schemaVersion(client: pg.Client, schema: string): Promise<number> {
  try {
    return await assertSchemaCompatibility(client, schema);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || 'a local socket' : 'an unreadable URL';
}
