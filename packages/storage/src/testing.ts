import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { withFileLock } from './embedded/file-lock.js';
import { startEmbeddedPostgres } from './embedded/start-embedded-postgres.js';
import { MIGRATIONS_FOLDER, migrate } from './migrate.js';
import { type Database, openDatabase } from './open-database.js';

/** Long enough that the next test file finds the server of the last one still there. */
const LINGER_MS = 15_000;
const LOCK_LIMIT_MS = 60_000;
const TEMPLATE_PREFIX = 'template_kindred_';
const TEST_PREFIX = 'test_';

/** A database of its own, migrated and empty. close() drops it. */
export interface TestDatabase extends Database {
  readonly url: string;
}

/**
 * Opens a fresh, migrated database for a test: a copy of a template in one embedded server that all test
 * files and test runs of this user share, and that ends by itself some seconds after the last of them.
 * The server does not wait for the disk: its data are worth nothing after a crash.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const dataDir = join(tmpdir(), `kindred-test-${userInfo().uid}`);
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' };
  const server = await startEmbeddedPostgres({ dataDir, lingerMs: LINGER_MS, settings });
  const name = `${TEST_PREFIX}${process.pid}_${randomBytes(6).toString('hex')}`;
  try {
    const template = await withFileLock(join(dataDir, 'template.lock'), LOCK_LIMIT_MS, () =>
      ensureTemplate(server.url, server.startedHere),
    );
    await administer(server.url, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    const url = databaseUrl(server.url, name);
    const database = await openDatabase(url, { applicationName: 'kindred-test', poolSize: 8 });
    const close = async (): Promise<void> => {
      await database.close();
      await administer(server.url, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      await server.close();
    };
    return { db: database.db, pool: database.pool, url, close };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function ensureTemplate(serverAddress: string, isFresh: boolean): Promise<string> {
  const template = `${TEMPLATE_PREFIX}${hashOfMigrations()}`;
  const names = await administer(serverAddress, async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    return rows.map(({ datname }) => datname);
  });
  // Nobody else was here when the server was started: what tests that were killed have left can go.
  if (isFresh)
    await dropAll(
      serverAddress,
      names.filter((name) => isLeftOver(name, template)),
    );
  if (!names.includes(template)) await createTemplate(serverAddress, template);
  return template;
}

function isLeftOver(name: string, template: string): boolean {
  return name.startsWith(TEST_PREFIX) || (name.startsWith(TEMPLATE_PREFIX) && name !== template);
}

/** Made under another name first: a template that is there is whole. */
async function createTemplate(serverAddress: string, template: string): Promise<void> {
  const draft = `${template}_draft`;
  await dropAll(serverAddress, [draft]);
  await administer(serverAddress, (client) => client.query(`CREATE DATABASE ${draft}`));
  const database = await openDatabase(databaseUrl(serverAddress, draft));
  try {
    await migrate(database.db);
  } finally {
    await database.close();
  }
  await administer(serverAddress, (client) => client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`));
}

async function dropAll(serverAddress: string, names: readonly string[]): Promise<void> {
  await administer(serverAddress, async (client) => {
    for (const name of names) await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
}

function hashOfMigrations(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(MIGRATIONS_FOLDER).sort()) {
    if (/\.(up|down)\.sql$/.test(file)) hash.update(file).update(readFileSync(join(MIGRATIONS_FOLDER, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function administer<T>(serverAddress: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl(serverAddress, 'postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(serverAddress: string, name: string): string {
  const url = new URL(serverAddress);
  url.pathname = `/${name}`;
  return url.href;
}
