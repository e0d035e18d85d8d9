import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KindredError } from '@kindred/domain';
import { type Migration, type MigrationProvider, type MigrationResultSet, Migrator, NO_MIGRATIONS, sql } from 'kysely';
import { type Queryable, SCHEMA } from './open-database.js';

/** The numbered files NNNN_name.up.sql and NNNN_name.down.sql at the root of the repository. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url));

const UP = '.up.sql';
const DOWN = '.down.sql';

/**
 * Brings the schema to its newest form; does nothing where it is there already. All new migrations run in
 * one transaction, under an advisory lock, so that processes which start together do not disturb each other.
 * @returns the names of the migrations that ran
 * @throws KindredError MIGRATION_FAILED; nothing of any new migration was kept
 */
export async function migrate(db: Queryable, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  return namesOf(await createMigrator(db, folder).migrateToLatest());
}

/**
 * Takes every migration back, newest first: the tables and all they hold are gone.
 * @returns the names of the migrations that were taken back
 * @throws KindredError MIGRATION_FAILED
 */
export async function migrateDown(db: Queryable, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  return namesOf(await createMigrator(db, folder).migrateTo(NO_MIGRATIONS));
}

/** The migrations that have not run yet. */
export async function pendingMigrations(db: Queryable, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  const all = await createMigrator(db, folder).getMigrations();
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function createMigrator(db: Queryable, folder: string): Migrator {
  return new Migrator({
    db,
    provider: new SqlFileProvider(folder),
    migrationTableSchema: SCHEMA,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
}

function namesOf({ error, results }: MigrationResultSet): string[] {
  if (error === undefined) return (results ?? []).map(({ migrationName }) => migrationName);
  if (error instanceof KindredError) throw error;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  const reason = error instanceof Error ? error.message : String(error);
  throw new KindredError('MIGRATION_FAILED', failed === undefined ? reason : `${failed}: ${reason}`, { cause: error });
}

class SqlFileProvider implements MigrationProvider {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async getMigrations(): Promise<Record<string, Migration>> {
    const files = await readdir(this.#folder);
    const names = files.filter((file) => file.endsWith(UP)).map((file) => file.slice(0, -UP.length));
    return Object.fromEntries(names.map((name) => [name, this.#migration(name)]));
  }

  #migration(name: string): Migration {
    const run = (suffix: string) => async (db: Queryable) => {
      const text = await readFile(join(this.#folder, name + suffix), 'utf8');
      await sql.raw(text).execute(db);
    };
    return { up: run(UP), down: run(DOWN) };
  }
}
