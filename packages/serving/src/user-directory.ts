import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { type BuildIndexOptions, buildIndex, findIndex, type VectorIndex } from '@kindred/vector-index';

const FOLDER = 'user-index';
/** Users that recall is measured with. */
const RECALL_QUERIES = 200;

/** Users and an index over their directions: inner products are cosines. */
export interface UserDirectory {
  readonly ids: readonly string[];
  readonly index: VectorIndex;
}

/**
 * Builds the index over users that "similar users" is answered from. Crowds of users with one and the same history
 * tear a graph apart: where no driver was asked for and the graph misses too much, users are scanned exactly.
 * @param vectors [U, D] unit rows
 */
export async function buildUserDirectory(
  folder: string,
  ids: readonly string[],
  vectors: Float32Array,
  dimensions: number,
  options: BuildIndexOptions = {},
): Promise<void> {
  const queries = sampleRows(vectors, ids.length, dimensions);
  const build = (chosen: BuildIndexOptions) =>
    buildIndex(join(folder, FOLDER), vectors, dimensions, queries, { ...chosen, labels: ids });
  try {
    await build(options);
  } catch (error) {
    const leftToUs = options.driver === undefined || options.driver === 'auto';
    if (!(leftToUs && error instanceof KindredError && error.code === 'RECALL_TOO_LOW')) throw error;
    await build({ ...options, driver: 'exact' });
  }
}

/** Undefined where the model has no index over users, or its library can not be loaded here. */
export async function openUserDirectory(folder: string): Promise<UserDirectory | undefined> {
  try {
    const found = await findIndex(join(folder, FOLDER));
    if (found === undefined) return undefined;
    if (found.labels === undefined) throw new KindredError('INDEX_CORRUPT', `${folder}: the user index has no ids`);
    return { ids: found.labels, index: found.index };
  } catch (error) {
    if (error instanceof KindredError && error.code === 'INDEX_DRIVER_UNAVAILABLE') return undefined;
    throw error;
  }
}

/** Rows spread evenly over all. [at most RECALL_QUERIES, D] */
function sampleRows(vectors: Float32Array, count: number, dimensions: number): Float32Array {
  const taken = Math.min(count, RECALL_QUERIES);
  const sample = new Float32Array(taken * dimensions);
  for (let k = 0; k < taken; k++) {
    const row = Math.floor((k * count) / taken);
    sample.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), k * dimensions);
  }
  return sample;
}
