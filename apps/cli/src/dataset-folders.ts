import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@kindred/config';

/** Where a data set that is fetched lies: the folder that is set, else one in the data directory. */
export function pullFolder({ datasetsDir, dataDir }: Config): string {
  return datasetsDir ?? join(dataDir, 'datasets');
}

/** A file or folder of a data set, in the folder that is set or among those that were fetched. */
export function findDataset(config: Config, name: string): string | undefined {
  const folders = [config.datasetsDir, join(config.dataDir, 'datasets')];
  return folders
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
