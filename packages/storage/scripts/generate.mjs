/**
 * Writes what is generated from the migrations: the types of the tables and the dump of the schema.
 * Run it by `npm run generate -w @kindred/storage` after a migration was added.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSchema } from '../dist/describe-schema.js';
import { MIGRATIONS_FOLDER } from '../dist/migrate.js';
import { openTestDatabase } from '../dist/testing.js';
import { generateTableTypes } from './generate-table-types.mjs';

const database = await openTestDatabase();
try {
  const types = fileURLToPath(new URL('../src/database.generated.ts', import.meta.url));
  generateTableTypes(database.url, types);
  const dump = join(MIGRATIONS_FOLDER, 'schema.generated.sql');
  writeFileSync(dump, await describeSchema(database.db));
  console.log(`wrote ${types}\nwrote ${dump}`);
} finally {
  await database.close();
}
