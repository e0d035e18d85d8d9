import { FEWEST_JUDGED_USERS, type ListedAnomalies, listAnomalies, parseRunSettings } from '@kindred/pipeline';
import { Command } from 'commander';
import { renderTable } from '../output.js';
import { type CommonFlags, common, wholeNumber, withStorage } from '../session.js';

interface AnomalyFlags extends CommonFlags {
  readonly snapshot?: string;
  readonly engine?: string;
  readonly limit: number;
  readonly critic?: boolean;
}

export function anomaliesCommand(): Command {
  const command = new Command('anomalies')
    .description('users whom nothing explains (bots, scrapers, resellers), and why')
    .option('--snapshot <id>', 'the snapshot to look at (default: the newest)')
    .option('--engine <name>', 'auto, tensorflow, wasm, webgpu or cpu')
    .option('--critic', 'ask a discriminator as well: slower, and it found no more in logs with planted users')
    .option('--limit <n>', 'at most so many in the table', wholeNumber, 20);
  return common(command, ['anomalies', 'anomalies --json', 'train --exclude-anomalies']).action((flags: AnomalyFlags) =>
    withStorage(flags, async ({ storage, config, signal, print }) => {
      const settings = parseRunSettings({
        snapshotId: flags.snapshot,
        engine: flags.engine ?? config.engine,
        seed: flags.seed,
      });
      const found = await listAnomalies(storage.database, {
        ...settings,
        threads: config.threads,
        critic: flags.critic,
        signal,
      });
      print(found, () => anomaliesTable(found, flags.limit));
    }),
  );
}

function anomaliesTable({ anomalies, users }: ListedAnomalies, limit: number): string {
  if (users < FEWEST_JUDGED_USERS)
    return `${users} users are too few to say what is usual: at least ${FEWEST_JUDGED_USERS} are needed`;
  if (anomalies.length === 0) return `none of ${users} users stands out`;
  const rows = anomalies
    .slice(0, limit)
    .map(({ rank, userId, score, because }) => [rank, userId, score.toFixed(1), because]);
  const further = anomalies.length > limit ? ` (shown: the first ${limit})` : '';
  return `${renderTable(['rank', 'user', 'score', 'because'], rows)}\n\n${anomalies.length} of ${users} users${further}`;
}
