import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KindredError, nearestName } from '@kindred/domain';

/**
 * The folder of a named data set, under the first of the roots that holds it.
 * @param roots e.g. KINDRED_DATASETS and `.kindred/datasets`; undefined ones are passed over
 * @throws KindredError DATASET_ABSENT, with what was looked at and what is there
 */
export function datasetFolder(name: string, roots: string | undefined | readonly (string | undefined)[]): string {
  const given = (Array.isArray(roots) ? roots : [roots]).filter((root): root is string => typeof root === 'string');
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
  for (const root of isName ? given : []) {
    const folder = join(root, name);
    if (isFolder(folder)) return folder;
  }
  const there = given.flatMap(foldersIn);
  const near = nearestName(name, there);
  const looked = given.length === 0 ? 'no folder of data sets is set' : `looked in ${given.join(', ')}`;
  const hint =
    near !== undefined ? `; did you mean ${near}?` : there.length > 0 ? `; there are: ${there.join(', ')}` : '';
  throw new KindredError('DATASET_ABSENT', `there is no data set "${name}": ${looked}${hint}`, { field: name });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function foldersIn(root: string): string[] {
  if (!isFolder(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
}
