import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram } from '../src/program.js';
import { type Ended, kindred } from './kindred-process.js';

/** The commands of the contract, each with the flags that the contract names. */
const CONTRACT: Record<string, readonly string[]> = {
  demo: ['--exit'],
  up: ['--retrain-every', '--retrain-settings', '--port'],
  ingest: ['--format', '--preset', '--map'],
  pair: [],
  train: ['--method', '--set', '--engine', '--search', '--search-kind', '--search-seed'],
  evaluate: ['--model', '--against'],
  index: [],
  serve: [],
  benchmark: ['--train', '--test', '--valid', '--data', '--split', '--include-seen', '--method', '--seeds', '--out'],
  runs: [],
  models: [],
  promote: [],
  rollback: [],
  export: [],
  doctor: ['--env'],
  datasets: [],
};
/** Of settings of retraining: what is said names where they were given. */
const RETRAIN_FAULTS: [what: string, args: string[], settings: Record<string, string>, code: string, said: string][] = [
  [
    'an unknown setting of retraining',
    ['up', '--retrain-every', '24h', '--retrain-settings', '{"agument":"auto"}'],
    {},
    'SETTING_UNKNOWN',
    '--retrain-settings: a run has no setting agument; did you mean augment?',
  ],
  [
    'a snapshot of another run for all of them',
    ['up', '--retrain-every', '24h', '--retrain-settings', '{"snapshotId":"s"}'],
    {},
    'CONFIG_INVALID',
    '--retrain-settings: snapshotId can not be set here',
  ],
  [
    'the same of the variable, also without an interval',
    ['up'],
    { KINDRED_RETRAIN_SETTINGS: '{"seed":-1}' },
    'CONFIG_INVALID',
    'KINDRED_RETRAIN_SETTINGS: settings.seed',
  ],
  [
    'a baseline, that is never served',
    ['up'],
    { KINDRED_RETRAIN_SETTINGS: '{"method":"popularity"}' },
    'METHOD_UNKNOWN',
    'KINDRED_RETRAIN_SETTINGS: popularity is a baseline',
  ],
  [
    'no JSON',
    ['up'],
    { KINDRED_RETRAIN_SETTINGS: 'augment=auto' },
    'CONFIG_INVALID',
    'KINDRED_RETRAIN_SETTINGS is not a JSON object',
  ],
];
const EVERYWHERE = ['--json', '--seed', '--data-dir', '--database-url', '--redis-url'];

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** The command itself, or where it only groups others, those. */
function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

describe('the commands of the contract', () => {
  test.each(Object.entries(CONTRACT))('%s', (name, flags) => {
    const command = createProgram().commands.find((candidate) => candidate.name() === name);
    expect(command, name).toBeDefined();
    for (const leaf of leavesOf(command as Command)) {
      const help = helpOf(leaf);
      expect(help).toMatch(new RegExp(`Examples:\n {2}\\$ kindred ${name}`));
      for (const flag of [...flags, ...EVERYWHERE]) expect(help).toContain(flag);
    }
  });

  test('whatever else there is has examples, too', () => {
    for (const leaf of leavesOf(createProgram()))
      expect(helpOf(leaf), leaf.name()).toContain('Examples:\n  $ kindred ');
  });
});

describe('exit codes, and errors as JSON', () => {
  let database: TestDatabase;
  let dataDir: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    database = await openTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'kindred-program-'));
    env = { KINDRED_DATA_DIR: dataDir, KINDRED_DATABASE_URL: database.url };
  });
  afterAll(async () => {
    rmSync(dataDir, { recursive: true, force: true });
    await database.close();
  });

  function faultOf({ stdout }: Ended): { code: string; message: string; field?: string; wayOut: string } {
    const [line, ...rest] = stdout.trim().split('\n');
    expect(rest).toEqual([]);
    const { error, ...others } = JSON.parse(line as string);
    expect(others).toEqual({});
    expect(error.wayOut).not.toBe('');
    return error;
  }

  test('done: 0, the result alone on stdout', async () => {
    const { code, stdout, stderr } = await kindred(['runs', '--json'], { ...env, KINDRED_PROT: '1' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ runs: [] });
    expect(stderr).toContain('KINDRED_PROT is not a setting of Kindred; did you mean KINDRED_PORT?');
    const version = await kindred(['--version'], {});
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('failed: 1, without a server', async () => {
    const away = { ...env, KINDRED_DATABASE_URL: 'postgres://kindred:secret@127.0.0.1:1/kindred' };
    const ended = await kindred(['runs', '--json'], away);
    expect(ended.code).toBe(1);
    expect(faultOf(ended)).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(ended.stderr).toContain('The database can not be reached (DATABASE_UNAVAILABLE)');
    expect(ended.stdout + ended.stderr).not.toContain('secret');
  });

  test.each([
    ['an unknown command, with the nearest one', ['trian'], 'Did you mean train?'],
    ['an unknown flag, with the nearest one', ['runs', '--limt', '3'], 'Did you mean --limit?'],
    ['a missing argument', ['ingest'], "missing required argument 'file'"],
    ['a number that is none', ['up', '--port', '65536'], "'--port <n>' argument '65536' is invalid"],
    ['a duration too short', ['up', '--retrain-every', '59s'], 'a duration of at least a minute'],
    ['settings that the shell took the quotes of', ['up', '--retrain-settings', '{seed:2}'], 'not {seed:2}'],
    ['settings that are no object', ['up', '--retrain-settings', '[]'], 'a JSON object such as'],
    ['no settings where some were promised', ['up', '--retrain-settings', ''], 'not an empty text'],
    ['settings of runs that never start', ['up', '--retrain-settings', '{"seed":2}'], 'add --retrain-every'],
  ])('wrong usage: 2, %s', async (_what, args, said) => {
    const ended = await kindred([...args, '--json'], env);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(said);
    expect(faultOf(ended).code).toBe('USAGE');
  });

  test('no command: 2, and what there is', async () => {
    const { code, stdout, stderr } = await kindred([], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const name of Object.keys(CONTRACT)) expect(stderr).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  test.each([
    ['a file that is not there', ['ingest', 'nowhere.csv'], {}, 'FILE_NOT_FOUND', 'nowhere.csv'],
    ['a setting that makes no sense', ['runs'], { KINDRED_PORT: 'x' }, 'CONFIG_INVALID', 'KINDRED_PORT'],
    ['a run that does not exist', ['runs', 'nope'], {}, 'NOT_FOUND', 'nope'],
    ['a data directory that is a file', ['runs', '--data-dir', import.meta.filename], {}, 'CONFIG_INVALID', 'EEXIST'],
    ['nothing to learn from', ['pair'], {}, 'DATA_EMPTY', ''],
    ...RETRAIN_FAULTS,
  ])('bad input: 2, %s', async (_what, args, settings, code, said) => {
    const ended = await kindred([...args, '--json'], { ...env, ...settings });
    expect(ended.code).toBe(2);
    expect(faultOf(ended)).toMatchObject({ code, message: expect.stringContaining(said) });
  });
});
