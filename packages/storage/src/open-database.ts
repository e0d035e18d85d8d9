import { KindredError } from '@kindred/domain';
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import type { DB } from './database.generated.js';

/** Every table of Kindred lies in this schema. */
export const SCHEMA = 'kindred';

const CONNECT_LIMIT_MS = 10_000;

/** The tables, as types. */
export type Tables = DB;

/** What repositories take: the database or a transaction on it. */
export type Queryable = Kysely<Tables>;

/** An open database. */
export interface Database {
  readonly db: Kysely<Tables>;
  /** For what Kysely has no words for: COPY. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Most connections at a time. */
  readonly poolSize?: number;
}

/**
 * Opens a pool of connections and proves that the server answers.
 * @throws KindredError DATABASE_UNAVAILABLE naming host, port and database, never the password
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const pool = new pg.Pool({
    ...connectionConfig(url, options.applicationName),
    max: options.poolSize ?? 10,
  });
  // An idle connection that breaks (a restarted server) is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // One that is in use tells its question; between two questions of a transaction nobody else would listen.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = kyselyOn({ connect: () => connectFrom(pool, url), end: () => pool.end() });
  try {
    const client = await connectFrom(pool, url);
    client.release();
  } catch (error) {
    await pool.end();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= pool.end();
    return closing;
  };
  return { db, pool, close };
}

/** Kysely over a pool, or over anything that hands out connections like one, with our schema as the default. */
function kyselyOn(pool: PostgresPool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema(SCHEMA);
}

/** Kysely on one connection of a pool; giving it back to the pool stays the caller's affair. */
export function kyselyOnClient(client: pg.PoolClient): Kysely<Tables> {
  const borrowed = { query: client.query.bind(client) as pg.PoolClient['query'], release: () => undefined };
  return kyselyOn({ connect: async () => borrowed, end: async () => undefined });
}

/** @throws KindredError DATABASE_UNAVAILABLE when the address is none */
export function connectionConfig(url: string, applicationName = 'kindred'): pg.ClientConfig {
  requireAddress(url);
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    keepAlive: true,
    types: typeParsers,
  };
}

/** A fault on the way to the server, told with its address but without its password. */
function unavailable(url: string, cause: unknown): KindredError {
  const { host, pathname } = new URL(url);
  const reason = cause instanceof Error ? describe(cause) : String(cause);
  return new KindredError('DATABASE_UNAVAILABLE', `${host}${pathname}: ${reason}`, { cause });
}

async function connectFrom(pool: pg.Pool, url: string): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if (pool.ending) throw new KindredError('DATABASE_UNAVAILABLE', 'the database was closed', { cause: error });
    throw unavailable(url, error);
  }
}

/** Both addresses of localhost refused: Node says so in an error without a message of its own. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(String).join(', ');
  return error.message;
}

function requireAddress(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'postgres:' || protocol === 'postgresql:') return;
  throw new KindredError(
    'DATABASE_UNAVAILABLE',
    'the address of the database is not of the form postgres://user:password@host:port/database',
    { field: 'databaseUrl' },
  );
}

/** bigint arrives as a number: no count of ours comes near 2^53. */
const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
};
