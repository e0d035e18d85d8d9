import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Event, KindredError } from '@kindred/domain';
import { sql } from 'kysely';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Database, kyselyOnClient, type Queryable } from '../open-database.js';
import { addFoundItems, type CatalogueItem } from '../repositories/items-repository.js';
import { COPY_COLUMNS, copyEvent } from './copy-text.js';
import { requireStorable } from './storable-event.js';

/** How much text is gathered before it is sent. */
const CHUNK_CHARACTERS = 256 * 1024;
/** SQLSTATE of a statement that was cancelled. */
const QUERY_CANCELED = '57014';

/** What came of the events of one file. */
export interface StoreCounts {
  readonly read: number;
  readonly stored: number;
  readonly duplicates: number;
}

export interface StoreEventsOptions {
  /** Put beside each event: `ingest:<id>`, say. */
  readonly source: string;
  /** Items that the log told about on the way; asked for once, after the last event. */
  readonly items?: () => Iterable<CatalogueItem>;
  /** Further writes that stand or fall with the events, in the same transaction: the ingest's counts, say. */
  readonly finish?: (trx: Queryable, counts: StoreCounts) => Promise<void>;
  /** Ends the merge, which takes minutes for a large file; the batches have to see to themselves. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stores a whole file or nothing of it: the events are copied into a staging table that only this
 * connection sees, then merged in one transaction. An event whose id is stored already, or stood earlier
 * in the same file, is a duplicate and leaves what is there untouched. Memory stays flat: the batches are
 * asked for only as fast as the database takes them.
 * @throws what the batches throw; KindredError INTERRUPTED. Nothing was stored then
 */
export async function storeEvents(
  database: Pick<Database, 'pool'>,
  batches: AsyncIterable<readonly Event[]>,
  options: StoreEventsOptions,
): Promise<StoreCounts> {
  const client = await database.pool.connect();
  try {
    await createStaging(client);
    const read = await copyToStaging(client, batches);
    const counts = await untilAborted(database, client, options.signal, () => mergeStaging(client, read, options));
    // A cancel that came too late may still be on its way to this connection.
    if (options.signal?.aborted === true) client.release(true);
    else await dropStaging(client);
    return counts;
  } catch (error) {
    // The connection may be in the midst of a COPY: with it, the staging table goes too.
    client.release(true);
    throw error;
  }
}

async function createStaging(client: pg.PoolClient): Promise<void> {
  await client.query(`
    CREATE TEMP TABLE staged_events (
      id text COLLATE "C", user_id text COLLATE "C", item_id text COLLATE "C", type text COLLATE "C",
      time_ms double precision, value double precision, properties jsonb
    )`);
}

async function dropStaging(client: pg.PoolClient): Promise<void> {
  await client.query('DROP TABLE pg_temp.staged_events');
  client.release();
}

/** Lets the server give up what the connection is at when the signal comes. */
async function untilAborted<T>(
  { pool }: Pick<Database, 'pool'>,
  client: pg.PoolClient,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const interrupted = (cause?: unknown) =>
    new KindredError('INTERRUPTED', 'the storing of the events was interrupted; none was stored', { cause });
  if (signal === undefined) return work();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const cancel = (): void => void pool.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (signal.aborted) throw interrupted();
    return await work();
  } catch (error) {
    throw (error as { code?: unknown }).code === QUERY_CANCELED ? interrupted(error) : error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** @returns how many events were read */
async function copyToStaging(client: pg.PoolClient, batches: AsyncIterable<readonly Event[]>): Promise<number> {
  const copy = client.query(copyFrom(`COPY pg_temp.staged_events (${COPY_COLUMNS}) FROM STDIN`));
  await pipeline(Readable.from(copyChunks(batches), { objectMode: false }), copy);
  return copy.rowCount;
}

async function* copyChunks(batches: AsyncIterable<readonly Event[]>): AsyncGenerator<Buffer> {
  let chunk = '';
  for await (const batch of batches) {
    for (const event of batch) {
      requireStorable(event);
      chunk += copyEvent(event);
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(chunk, 'utf8');
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk, 'utf8');
}

async function mergeStaging(client: pg.PoolClient, read: number, options: StoreEventsOptions): Promise<StoreCounts> {
  const db = kyselyOnClient(client);
  return db.transaction().execute(async (trx) => {
    await sql`SET LOCAL work_mem = '64MB'`.execute(trx);
    // In the order of the ids, so that merges and batches that overlap wait for each other and never in a circle;
    // then in the order of the file (ctid), so that the first of several is the one that stays.
    const merged = await sql`
      INSERT INTO kindred.events (id, user_id, item_id, type, time, value, properties, source)
      SELECT id, user_id, item_id, type, timestamptz 'epoch' + time_ms * interval '1 millisecond', value, properties,
        ${options.source}
      FROM pg_temp.staged_events ORDER BY id, ctid
      ON CONFLICT (id) DO NOTHING
    `.execute(trx);
    const stored = Number(merged.numAffectedRows ?? 0);
    const counts = { read, stored, duplicates: read - stored };
    if (options.items !== undefined) await addFoundItems(trx, options.items());
    await options.finish?.(trx, counts);
    return counts;
  });
}
