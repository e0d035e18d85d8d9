import { mkdir } from 'node:fs/promises';
import { KindredError } from '@kindred/domain';
import {
  type Database,
  endAbandonedRuns,
  failAbandonedIngests,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
} from '@kindred/storage';

/** An open, migrated database, embedded or a server of its own. */
export interface Storage {
  readonly database: Database;
  /** For processes and queues that connect by themselves. */
  readonly databaseUrl: string;
  readonly embedded: boolean;
  close(): Promise<void>;
}

/**
 * Opens the database that is configured, or starts (or joins) the embedded one of the data directory, and brings its
 * schema up to date. What processes that were killed left as running is ended.
 * @throws KindredError CONFIG_INVALID where the data directory can't be made; DATABASE_UNAVAILABLE, MIGRATION_FAILED
 */
export async function openStorage(options: {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly applicationName: string;
}): Promise<Storage> {
  await makeDataFolder(options.dataDir);
  const server =
    options.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: options.dataDir }) : undefined;
  const databaseUrl = server?.url ?? (options.databaseUrl as string);
  try {
    const database = await openDatabase(databaseUrl, { applicationName: options.applicationName });
    const close = async (): Promise<void> => {
      await database.close();
      await server?.close();
    };
    try {
      await migrate(database.db);
      await endAbandonedRuns(database.db);
      await failAbandonedIngests(database.db);
    } catch (error) {
      await database.close();
      throw error;
    }
    return { database, databaseUrl, embedded: server !== undefined, close };
  } catch (error) {
    await server?.close();
    throw error;
  }
}

async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new KindredError('CONFIG_INVALID', `the data directory ${folder} can't be made (${because})`, {
      field: 'dataDir',
      cause,
    });
  }
}
