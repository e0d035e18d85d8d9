import { formatDuration, type JsonObject, parseDuration, parseJsonObject } from '@kindred/config';
import { KindredError } from '@kindred/domain';
import { checkRetrainSettings } from '@kindred/pipeline';
import { acquireExclusiveLock } from '@kindred/storage';
import { Command } from 'commander';
import type { Retraining } from '../platform.js';
import { type CommonFlags, common, openSession, portNumber, type Session, withStorage } from '../session.js';

interface UpFlags extends CommonFlags {
  readonly port?: number;
  readonly retrainEvery?: string;
  readonly retrainSettings?: string;
}

/** Ended by Ctrl-C or SIGTERM, its normal end, it exits with 0. */
export function upCommand(): Command {
  const command = new Command('up')
    .description('database, migrations, workers and API in the foreground; Ctrl-C stops all of it')
    .option('--port <n>', 'port of the API; 0 takes a free one', portNumber)
    .option('--retrain-every <duration>', 'start a run from pair to promote this often, e.g. 24h')
    .option('--retrain-settings <json>', 'the settings of these runs, as POST /v1/runs takes them');
  common(command, [
    'up',
    'up --retrain-every 24h --port 8080',
    `up --retrain-every 24h --retrain-settings '{"augment":"auto"}'`,
  ]);
  command.addHelpText(
    'after',
    '\nCtrl-C and SIGTERM are its normal end: exit code 0. A second one does not wait: 130.',
  );
  return command.action(async (flags: UpFlags) => {
    const session = openSession(flags);
    const retraining = retrainingOf(flags, session);
    const lock = acquireExclusiveLock(session.config.dataDir, 'up');
    try {
      await serve(flags, { workers: true, retraining });
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

function serve(flags: UpFlags, { workers, retraining }: { workers: boolean; retraining?: Retraining }): Promise<void> {
  return withStorage(flags, async (session) => {
    const { config } = session;
    // Loaded here: the other commands need neither web server nor queue, and start in half the time.
    const { startPlatform, untilInterrupted } = await import('../platform.js');
    const platform = await startPlatform(session, {
      workers,
      port: flags.port ?? config.port,
      retraining,
      logLevel: config.logLevel,
    });
    session.print(
      { url: platform.url, docs: `${platform.url}/docs` },
      () => `${platform.url}  (docs: ${platform.url}/docs)`,
    );
    if (retraining?.everyMs !== undefined) session.progress.say(scheduleText(retraining.everyMs, retraining.settings));
    try {
      await Promise.race([untilInterrupted(session.signal), platform.failed]);
      session.progress.say('stopping; jobs under way may finish, Ctrl-C again ends at once');
    } finally {
      await platform.close();
    }
  });
}

/**
 * What flags and environment say of retraining, flags first, checked whole before anything starts.
 * @throws KindredError USAGE, CONFIG_INVALID, SETTING_UNKNOWN, METHOD_UNKNOWN naming the flag or variable
 */
function retrainingOf(flags: UpFlags, { config, progress }: Session): Retraining {
  const everyMs = durationOf(flags.retrainEvery) ?? config.retrainEveryMs;
  const given = settingsOf(flags.retrainSettings);
  const settings = given ?? config.retrainSettings;
  checkRetrainSettings(settings, given === undefined ? 'KINDRED_RETRAIN_SETTINGS' : '--retrain-settings');
  if (everyMs === undefined && given !== undefined) {
    throw new KindredError('USAGE', '--retrain-settings needs an interval: add --retrain-every, e.g. 24h', {
      field: '--retrain-settings',
    });
  }
  if (everyMs === undefined && Object.keys(settings).length > 0) {
    progress.say('warning: KINDRED_RETRAIN_SETTINGS has no effect without --retrain-every or KINDRED_RETRAIN_EVERY');
  }
  return { everyMs, settings };
}

function scheduleText(everyMs: number, settings: JsonObject): string {
  const which =
    Object.keys(settings).length === 0 ? 'the default settings' : `the settings ${JSON.stringify(settings)}`;
  return `retraining every ${formatDuration(everyMs)} with ${which}`;
}

function settingsOf(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  const parsed = parseJsonObject(text);
  if (parsed !== undefined) return parsed;
  const fault = `--retrain-settings takes a JSON object such as '{"augment":"auto"}', not ${text || 'an empty text'}`;
  throw new KindredError('USAGE', fault, { field: '--retrain-settings' });
}

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (parsed !== undefined && parsed >= 60_000) return parsed;
  throw new KindredError('USAGE', `--retrain-every takes a duration of at least a minute such as 24h, not ${text}`, {
    field: '--retrain-every',
  });
}
