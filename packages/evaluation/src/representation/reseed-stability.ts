import { type Clustering, kMeans, nearestCentres, Random, type UnitVectors } from '@kindred/domain';
import { adjustedRandIndex } from './adjusted-rand.js';

export interface ReseedingOptions {
  readonly seed: number;
  /** How often the clusters are looked for anew. Default 5. */
  readonly reseedings?: number | undefined;
  /** As of the clustering that is judged. */
  readonly restarts?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const RESEEDINGS = 5;

/**
 * Whether k-means finds the same clusters again from other starts: the mean adjusted Rand index of a clustering against
 * reseeded ones of the same number. Clusters that are in the data come back (1); a division of what has no clusters
 * falls elsewhere each time.
 * @throws KindredError INTERRUPTED as `kMeans`
 */
export async function reseedStability(
  rows: UnitVectors,
  { centres, clusterOf }: Omit<Clustering, 'cohesion'>,
  { seed, reseedings = RESEEDINGS, restarts, signal }: ReseedingOptions,
): Promise<number> {
  const random = new Random(seed, 'reseeding');
  let sum = 0;
  for (let k = 0; k < reseedings; k++) {
    const again = await kMeans(rows, centres.length / rows.width, { seed: random.uint32(), restarts, signal });
    sum += adjustedRandIndex(clusterOf, nearestCentres(rows, again.centres));
  }
  return sum / reseedings;
}
