import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Runs kysely-codegen against a migrated database.
 * @param {string} url of the database
 * @param {string} outFile that is written
 */
export function generateTableTypes(url, outFile) {
  const entry = createRequire(import.meta.url).resolve('kysely-codegen');
  const program = join(dirname(entry), 'cli', 'bin.js');
  const tables = [
    '--default-schema',
    'kindred',
    '--include-pattern',
    'kindred.*',
    '--exclude-pattern',
    'kindred.migrations*',
  ];
  // bigint arrives as a number (open-database.ts); what a JSON column holds is its repository's to say.
  const types = ['--type-mapping', JSON.stringify({ int8: 'number', jsonb: 'unknown' })];
  const args = ['--dialect', 'postgres', '--url', url, '--out-file', outFile, '--log-level', 'error'];
  execFileSync(process.execPath, [program, ...args, ...tables, ...types], { stdio: ['ignore', 'ignore', 'inherit'] });
}
