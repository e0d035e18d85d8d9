import { resolve } from 'node:path';
import { KindredError } from '@kindred/domain';
import { writeSyntheticLog } from '@kindred/pipeline';
import { Command } from 'commander';
import { engineOf } from '../engine-flag.js';
import { gather, parseKeyValues } from '../key-values.js';
import { type CommonFlags, common, wholeNumber, withStorage } from '../session.js';

/** Of the autoencoders, the one whose synthetic logs are nearest to the real ones; docs/synthetic-logs.md. */
const DEFAULT_GENERATOR = 'mult-vae';

interface SynthesizeFlags extends CommonFlags {
  readonly method: string;
  readonly set?: string[];
  readonly engine?: string;
  readonly users?: number;
  readonly renameItems?: boolean;
  readonly force?: boolean;
  readonly out: string;
}

export function synthesizeCommand(): Command {
  const command = new Command('synthesize')
    .description('events → a log of users who never were, with the same statistics, that can be shared')
    .option('--method <name>', 'the generator: any learned method', DEFAULT_GENERATOR)
    .option('--set <key=value>', 'a setting of the method (repeatable)', gather)
    .option('--engine <name>', 'auto, tensorflow, wasm, webgpu or cpu')
    .option('--users <n>', 'how many users to make (default: as many as there are)', wholeNumber)
    .option('--rename-items', 'give items names that say nothing')
    .option('--force', 'write the log even where the disclosure test is not passed')
    .requiredOption(
      '--out <file>',
      'the log (CSV); FILE.report.json has what was measured, FILE.refused.json if it was too risky',
    );
  return common(command, [
    'synthesize --out shared.csv',
    'synthesize --method dae --users 500 --rename-items --out demo.csv',
  ]).action((flags: SynthesizeFlags) =>
    withStorage(flags, async (session) => {
      if (flags.users === 0) throw new KindredError('USAGE', '--users takes at least 1', { field: '--users' });
      const { config, progress, signal, storage } = session;
      const report = await writeSyntheticLog(storage.database, {
        method: flags.method,
        settings: parseKeyValues(flags.set ?? []),
        engine: engineOf(flags.engine ?? config.engine),
        threads: config.threads,
        users: flags.users,
        renameItems: flags.renameItems === true,
        force: flags.force === true,
        out: resolve(flags.out),
        seed: flags.seed ?? 1,
        progress,
        signal,
      });
      session.print(report, () => [...report.words, `written to ${flags.out} and ${flags.out}.report.json`].join('\n'));
    }),
  );
}
