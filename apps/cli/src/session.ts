import { join } from 'node:path';
import { type Config, readConfig } from '@kindred/config';
import { openStorage, type Storage } from '@kindred/pipeline';
import { type Command, InvalidArgumentError } from 'commander';
import { TerminalProgress } from './terminal-progress.js';

/** The flags that every command has. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly seed?: number;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

/** What a command works with. */
export interface Session {
  readonly config: Config;
  readonly flags: CommonFlags;
  readonly progress: TerminalProgress;
  readonly signal: AbortSignal;
  /** Prints the result: one JSON object with --json, else the text. */
  print(result: unknown, text: () => string): void;
}

export interface StorageSession extends Session {
  readonly storage: Storage;
}

/** Ends with the first Ctrl-C or SIGTERM; set by main.ts. */
export const interruption = new AbortController();

export function openSession(flags: CommonFlags): Session {
  const { dataDir, databaseUrl, redisUrl } = flags;
  const config = readConfig(undefined, { dataDir, databaseUrl, redisUrl });
  const progress = new TerminalProgress();
  for (const warning of config.warnings) progress.say(`warning: ${warning}`);
  return {
    config,
    flags,
    progress,
    signal: interruption.signal,
    print: (result, text) => {
      progress.close();
      process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : `${text()}\n`);
    },
  };
}

/** Opens the database around a command and closes it behind it, whatever happens. */
export async function withStorage<T>(flags: CommonFlags, work: (session: StorageSession) => Promise<T>): Promise<T> {
  const session = openSession(flags);
  const storage = await openStorage({ ...session.config, applicationName: 'kindred' });
  try {
    return await work({ ...session, storage });
  } finally {
    session.progress.close();
    await storage.close();
  }
}

/** Adds the flags that every command has, and the examples of its help. */
export function common(command: Command, examples: readonly string[]): Command {
  return command
    .option('--json', 'print the result as one JSON object')
    .option('--seed <n>', 'seed of everything random', wholeNumber)
    .option('--data-dir <dir>', 'where snapshots, models and the embedded database lie (default: .kindred)')
    .option('--database-url <url>', 'PostgreSQL to use instead of the embedded one')
    .option('--redis-url <url>', 'Redis for the queue instead of PostgreSQL')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ kindred ${example}`).join('\n')}`);
}

/** A whole number from 0, as a flag's value. @throws InvalidArgumentError, to which commander adds the flag */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 0.');
  return Number(text);
}

/** A port, as a flag's value. @throws InvalidArgumentError */
export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('It takes a whole number from 0 to 65535.');
  }
  return Number(text);
}

/** The demo keeps to a folder of its own: it never mixes with what a user ingested. */
export function demoDataDir(config: Config): string {
  return join(config.dataDir, 'demo');
}
