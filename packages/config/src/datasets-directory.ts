import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of Kindred's own repository, or undefined when this package was installed elsewhere. */
export function findRepositoryRoot(from: string = fileURLToPath(import.meta.url)): string | undefined {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    if (isRepositoryRoot(folder)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function isRepositoryRoot(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return false;
  const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  return typeof content === 'object' && content !== null && 'name' in content && content.name === 'kindred';
}

/** `../shared/datasets` beside the repository, when it is there. */
export function findDefaultDatasets(repositoryRoot = findRepositoryRoot()): string | undefined {
  if (repositoryRoot === undefined) return undefined;
  const folder = join(dirname(repositoryRoot), 'shared', 'datasets');
  return existsSync(folder) ? folder : undefined;
}
