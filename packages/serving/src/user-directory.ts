import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { type BuildIndexOptions, buildIndex, openIndex, type VectorIndex } from '@kindred/vector-index';

const FOLDER = 'user-index';
const IDS = 'user-ids.json';

/** Users and an index over their directions: inner products are cosines. */
export interface UserDirectory {
  readonly ids: readonly string[];
  readonly index: VectorIndex;
}

/**
 * Builds the index over users that "similar users" is answered from.
 * @param vectors [U, D] unit rows
 */
export async function buildUserDirectory(
  folder: string,
  ids: readonly string[],
  vectors: Float32Array,
  dimensions: number,
  options: BuildIndexOptions = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, IDS), JSON.stringify(ids));
  const sample = vectors.subarray(0, Math.min(ids.length, 200) * dimensions);
  await buildIndex(join(folder, FOLDER), vectors, dimensions, sample, options);
}

/** Undefined where the model has no index over users, or its library can not be loaded here. */
export async function openUserDirectory(folder: string): Promise<UserDirectory | undefined> {
  const text = await readFile(join(folder, IDS), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const { index } = await openIndex(join(folder, FOLDER));
    const ids = JSON.parse(text) as string[];
    if (ids.length !== index.size) throw new KindredError('INDEX_CORRUPT', `${folder}: user ids and index differ`);
    return { ids, index };
  } catch (error) {
    if (error instanceof KindredError && error.code === 'INDEX_DRIVER_UNAVAILABLE') return undefined;
    throw error;
  }
}
