import { type RawBuilder, sql } from 'kysely';
import { type Database, kyselyOnClient, type Queryable } from './open-database.js';

/**
 * Work that one process does from its beginning to its end. While it does, it holds an advisory lock of a session of
 * its own, which the server lets go of the moment the process is gone, however it went. The numbers are the first
 * key of those locks: every version of Kindred has to use the same.
 */
const CLAIM_KEYS = { run: 1_802_661_490, ingest: 1_802_661_481 } as const;
export type ClaimKind = keyof typeof CLAIM_KEYS;

/** Held from before the row of the work can be seen by others. */
export interface Claim {
  /** To be called after the row says that the work is over. More than once is no fault. */
  release(): void;
}

/**
 * Makes the row of a piece of work and claims it in one step: nobody ever sees the row without its claim.
 * @param create makes the row, within the transaction, and tells its id
 */
export async function createClaimed<Row>(
  database: Pick<Database, 'pool'>,
  kind: ClaimKind,
  create: (trx: Queryable) => Promise<{ readonly id: string | number; readonly row: Row }>,
): Promise<{ readonly row: Row; readonly claim: Claim }> {
  const client = await database.pool.connect();
  // A session that breaks takes the claim with it; what the work does next on the database says so.
  client.on('error', () => undefined);
  let held = true;
  const release = (): void => {
    if (held) client.release(true);
    held = false;
  };
  try {
    const row = await kyselyOnClient(client)
      .transaction()
      .execute(async (trx) => {
        const made = await create(trx);
        await sql`SELECT pg_advisory_lock(${CLAIM_KEYS[kind]}::int, hashtext(${String(made.id)}))`.execute(trx);
        return made.row;
      });
    return { row, claim: { release } };
  } catch (error) {
    release();
    throw error;
  }
}

/** Whether nobody holds the claim on the row of that id. */
export function isUnclaimed(kind: ClaimKind, id: RawBuilder<string>): RawBuilder<boolean> {
  return sql<boolean>`NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint = ${CLAIM_KEYS[kind]}::bigint
      AND objid::bigint = (hashtext(${id})::bigint & 4294967295)
  )`;
}
