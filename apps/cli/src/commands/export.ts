import { resolve } from 'node:path';
import { exportModel } from '@kindred/pipeline';
import { Command } from 'commander';
import { type CommonFlags, common, withStorage } from '../session.js';

export function exportCommand(): Command {
  const command = new Command('export')
    .description("a model's vectors as safetensors, with the ids of their rows, and its segments where it has some")
    .option('--model <id>', 'the model, or latest', 'latest')
    .requiredOption('--out <dir>', 'where the files are written');
  return common(command, ['export --out vectors']).action(
    (flags: CommonFlags & { readonly model: string; readonly out: string }) =>
      withStorage(flags, async (session) => {
        const result = await exportModel(session.storage.database, flags.model, resolve(flags.out));
        session.print(
          result,
          () => `${result.users} users and ${result.items} items of ${result.modelId} in ${flags.out}`,
        );
      }),
  );
}
