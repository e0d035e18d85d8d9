import { parseDuration } from '@kindred/config';
import { KindredError } from '@kindred/domain';
import { acquireExclusiveLock } from '@kindred/storage';
import { Command } from 'commander';
import { type CommonFlags, common, openSession, portNumber, withStorage } from '../session.js';

interface UpFlags extends CommonFlags {
  readonly port?: number;
  readonly retrainEvery?: string;
}

/** Ended by Ctrl-C or SIGTERM, its normal end, it exits with 0. */
export function upCommand(): Command {
  const command = new Command('up')
    .description('database, migrations, workers and API in the foreground; Ctrl-C stops all of it')
    .option('--port <n>', 'port of the API; 0 takes a free one', portNumber)
    .option('--retrain-every <duration>', 'start a run from pair to promote this often, e.g. 24h');
  common(command, ['up', 'up --retrain-every 24h --port 8080']);
  command.addHelpText(
    'after',
    '\nCtrl-C and SIGTERM are its normal end: exit code 0. A second one does not wait: 130.',
  );
  return command.action(async (flags: UpFlags) => {
    const retrainEveryMs = durationOf(flags.retrainEvery);
    const { dataDir } = openSession(flags).config;
    const lock = acquireExclusiveLock(dataDir, 'up');
    try {
      await serve(flags, { workers: true, retrainEveryMs });
    } finally {
      lock.release();
    }
  });
}

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('the API on what was promoted, without workers')
    .option('--port <n>', 'port of the API; 0 takes a free one', portNumber);
  return common(command, ['serve', 'serve --port 9000']).action((flags: UpFlags) => serve(flags, { workers: false }));
}

export function migrateCommand(): Command {
  const command = new Command('migrate').description('bring the schema of the database up to date');
  return common(command, ['migrate --database-url postgres://…']).action((flags: CommonFlags) =>
    withStorage(flags, async (session) => session.print({ migrated: true }, () => 'the schema is up to date')),
  );
}

function serve(flags: UpFlags, options: { workers: boolean; retrainEveryMs?: number | undefined }): Promise<void> {
  return withStorage(flags, async (session) => {
    const { config } = session;
    // Loaded here: the other commands need neither web server nor queue, and start in half the time.
    const { startPlatform, untilInterrupted } = await import('../platform.js');
    const platform = await startPlatform(session, {
      workers: options.workers,
      port: flags.port ?? config.port,
      retrainEveryMs: options.retrainEveryMs ?? config.retrainEveryMs,
      logLevel: config.logLevel,
    });
    session.print(
      { url: platform.url, docs: `${platform.url}/docs` },
      () => `${platform.url}  (docs: ${platform.url}/docs)`,
    );
    try {
      await Promise.race([untilInterrupted(session.signal), platform.failed]);
      session.progress.say('stopping; jobs under way may finish, Ctrl-C again ends at once');
    } finally {
      await platform.close();
    }
  });
}

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (parsed !== undefined && parsed >= 60_000) return parsed;
  throw new KindredError('USAGE', `--retrain-every takes a duration of at least a minute such as 24h, not ${text}`, {
    field: '--retrain-every',
  });
}
