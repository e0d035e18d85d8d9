export { type EventVerdict, storeEventBatch } from './bulk/store-event-batch.js';
export { type StoreCounts, type StoreEventsOptions, storeEvents } from './bulk/store-events.js';
export type { Claim } from './claims.js';
export { acquireExclusiveLock, type FileLock } from './embedded/file-lock.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/start-embedded-postgres.js';
export { type ListenOptions, listenPromotions, type PromotionListener } from './listen-promotions.js';
export { migrate, migrateDown, pendingMigrations } from './migrate.js';
export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queryable,
  SCHEMA,
  type Tables,
} from './open-database.js';
export * from './repositories/dead-letters-repository.js';
export * from './repositories/events-repository.js';
export * from './repositories/ingests-repository.js';
export * from './repositories/items-repository.js';
export * from './repositories/models-repository.js';
export * from './repositories/promotions-repository.js';
export * from './repositories/run-events-repository.js';
export * from './repositories/runs-repository.js';
export * from './repositories/snapshots-repository.js';
