export { acquireExclusiveLock, type FileLock } from './embedded/file-lock.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/start-embedded-postgres.js';
export { migrate, migrateDown, pendingMigrations } from './migrate.js';
export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queryable,
  SCHEMA,
  type Tables,
} from './open-database.js';
