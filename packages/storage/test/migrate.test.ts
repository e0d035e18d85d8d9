import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
// @ts-expect-error a plain script without types
import { generateTableTypes } from '../scripts/generate-table-types.mjs';
import { describeSchema } from '../src/describe-schema.js';
import { MIGRATIONS_FOLDER, migrate, migrateDown, pendingMigrations } from '../src/migrate.js';
import { openTestDatabase, type TestDatabase } from '../src/testing.js';

const NAMES = readdirSync(MIGRATIONS_FOLDER)
  .filter((file) => file.endsWith('.up.sql'))
  .map((file) => file.slice(0, -'.up.sql'.length))
  .sort();
const REGENERATE = 'run: npm run generate -w @kindred/storage';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'kindred-migrations-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

async function objectsInSchema(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT relname AS name FROM pg_class WHERE relnamespace = 'kindred'::regnamespace AND relname NOT LIKE 'migrations%'
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'kindred'::regnamespace
  `.execute(database.db);
  return rows.map(({ name }) => name);
}

test('the committed schema dump is what the migrations make', async () => {
  const committed = readFileSync(join(MIGRATIONS_FOLDER, 'schema.generated.sql'), 'utf8');
  expect(await describeSchema(database.db), REGENERATE).toBe(committed);
});

test('the committed table types are what the migrations make', () => {
  const made = join(folder, 'database.generated.ts');
  generateTableTypes(database.url, made);
  const committed = fileURLToPath(new URL('../src/database.generated.ts', import.meta.url));
  expect(readFileSync(made, 'utf8'), REGENERATE).toBe(readFileSync(committed, 'utf8'));
});

test('each migration has its way back', () => {
  const down = readdirSync(MIGRATIONS_FOLDER).filter((file) => file.endsWith('.down.sql'));
  expect(down.map((file) => file.slice(0, -'.down.sql'.length)).sort()).toEqual(NAMES);
});

test('down to nothing and up again gives the same schema; a second time does nothing', async () => {
  const before = await describeSchema(database.db);
  expect(await migrate(database.db)).toEqual([]);
  expect(await migrateDown(database.db)).toEqual([...NAMES].reverse());
  expect(await objectsInSchema()).toEqual([]);
  expect(await pendingMigrations(database.db)).toEqual(NAMES);
  expect(await migrate(database.db)).toEqual(NAMES);
  expect(await describeSchema(database.db)).toBe(before);
});

test('processes that migrate an empty database at the same moment: one does it, all succeed', async () => {
  await sql`DROP SCHEMA kindred CASCADE`.execute(database.db);
  const script = fileURLToPath(new URL('./migrate-process.mjs', import.meta.url));
  const run = promisify(execFile);
  const outputs = await Promise.all([1, 2, 3].map(() => run(process.execPath, [script, database.url])));
  const ran = outputs.map(({ stdout }) => JSON.parse(stdout) as string[]).filter((names) => names.length > 0);
  expect(ran).toEqual([NAMES]);
});

test('a migration that fails keeps nothing, of itself and of those before it', async () => {
  cpSync(MIGRATIONS_FOLDER, folder, { recursive: true });
  writeFileSync(join(folder, '9998_good.up.sql'), 'CREATE TABLE kindred.good (id int)');
  writeFileSync(join(folder, '9999_bad.up.sql'), 'CREATE TABLE kindred.half (id int); SELECT 1 / 0');
  await expect(migrate(database.db, folder)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: '9999_bad: division by zero',
  });
  const objects = await objectsInSchema();
  expect(objects).not.toContain('half');
  expect(objects).not.toContain('good');
  expect(await pendingMigrations(database.db)).toEqual([]);
});
