import { DATASETS, pullDataset } from '@kindred/datasets';
import { Command } from 'commander';
import { findDataset, pullFolder } from '../dataset-folders.js';
import { renderTable } from '../output.js';
import { type CommonFlags, common, openSession } from '../session.js';

export function datasetsCommand(): Command {
  const group = new Command('datasets').description(
    'public data sets: which are here, and fetch one from its publisher',
  );
  group.addCommand(
    common(new Command('list').description('the known sets'), ['datasets list']).action((flags: CommonFlags) => {
      const session = openSession(flags);
      const folder = pullFolder(session.config);
      const sets = DATASETS.map(({ name, ...rest }) => ({
        ...rest,
        name,
        here: findDataset(session.config, name) !== undefined,
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
    .option('--to <dir>', 'the folder of data sets (default: KINDRED_DATASETS, else datasets in the data directory)');
  group.addCommand(
    common(pull, ['datasets pull movielens-100k', 'datasets pull uci-online-retail --to data']).action(
      async (name: string, flags: CommonFlags & { readonly to?: string }) => {
        const session = openSession(flags);
        const { progress, signal, config } = session;
        const pulled = await pullDataset(name, flags.to ?? pullFolder(config), {
          signal,
          onProgress: ({ receivedBytes, totalBytes }) =>
            progress.advance(`fetching ${name}, bytes`, receivedBytes, totalBytes),
        });
        session.print(
          pulled,
          () =>
            `${pulled.name} ${pulled.alreadyThere ? 'was there before' : 'is'} in ${pulled.folder} (checked: ${pulled.verified})`,
        );
      },
    ),
  );
  return group;
}
