import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATASETS, pullDataset } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';
import { Command } from 'commander';
import { renderTable } from '../output.js';
import { type CommonFlags, common, openSession } from '../session.js';

export function datasetsCommand(): Command {
  const group = new Command('datasets').description(
    'public data sets: which are here, and fetch one from its publisher',
  );
  group.addCommand(
    common(new Command('list').description('the known sets'), ['datasets list']).action((flags: CommonFlags) => {
      const session = openSession(flags);
      const folder = session.config.datasetsDir;
      const sets = DATASETS.map(({ name, ...rest }) => ({
        ...rest,
        name,
        here: folder !== undefined && existsSync(join(folder, name)),
      }));
      session.print({ folder, datasets: sets }, () =>
        renderTable(
          ['data set', 'here', 'licence'],
          sets.map(({ name, here, licence }) => [name, here ? 'yes' : 'no', licence]),
        ),
      );
    }),
  );
  const pull = new Command('pull')
    .description('fetch a set from its publisher, checked and unpacked')
    .argument('<name>', DATASETS.map(({ name }) => name).join(', '))
    .option('--to <dir>', 'the folder of data sets (default: KINDRED_DATASETS)');
  group.addCommand(
    common(pull, ['datasets pull movielens-100k', 'datasets pull uci-online-retail --to data']).action(
      async (name: string, flags: CommonFlags & { readonly to?: string }) => {
        const session = openSession(flags);
        const folder = flags.to ?? session.config.datasetsDir;
        if (folder === undefined) {
          throw new KindredError('USAGE', 'say where to: --to DIR, or set KINDRED_DATASETS', { field: '--to' });
        }
        const pulled = await pullDataset(name, folder, { signal: session.signal });
        session.print(
          pulled,
          () => `${pulled.name} is in ${pulled.folder}${pulled.verified ? '' : ' (no checksum known)'}`,
        );
      },
    ),
  );
  return group;
}
