import { KindredError, nearestName, type RecommenderFactory } from '@kindred/domain';
import type { Baseline, BaselineParts, GivenSettings } from './baseline.js';
import { bprMf } from './bpr-mf.js';
import { ease } from './ease.js';
import { gfCf } from './gfcf.js';
import { ials } from './ials.js';
import { itemKnn } from './itemknn.js';
import { popularity } from './popularity.js';
import { pureSvd } from './puresvd.js';
import { recentPopularity } from './recent-popularity.js';
import { rp3beta } from './rp3beta.js';
import { slim } from './slim.js';
import { userKnn } from './userknn.js';

export { type Baseline, type BaselineParts, type CatalogueLimit, type GivenSettings, isWithin } from './baseline.js';
export { fitItemWeights, type ItemWeightsParts } from './fit-item-weights.js';
export { type DenseItemWeights, prunedItemWeights } from './item-weights.js';
export { type Matmul, plainMatmul, transposed } from './matmul.js';

/** Every baseline by name: popularity, then neighbours, linear models and factorisations. */
export const BASELINES: Readonly<Record<string, Baseline>> = {
  [popularity.name]: popularity,
  [recentPopularity.name]: recentPopularity,
  [itemKnn.name]: itemKnn,
  [userKnn.name]: userKnn,
  [rp3beta.name]: rp3beta,
  [slim.name]: slim,
  [ease.name]: ease,
  [pureSvd.name]: pureSvd,
  [gfCf.name]: gfCf,
  [ials.name]: ials,
  [bprMf.name]: bprMf,
};

/** @throws KindredError METHOD_UNKNOWN with the nearest known name */
export function getBaseline(name: string): Baseline {
  const baseline = Object.hasOwn(BASELINES, name) ? BASELINES[name] : undefined;
  if (baseline !== undefined) return baseline;
  const known = Object.keys(BASELINES);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('METHOD_UNKNOWN', `there is no baseline ${name}; ${hint}`);
}

/** @throws KindredError METHOD_UNKNOWN, SETTING_UNKNOWN, CONFIG_INVALID */
export function createBaseline(
  name: string,
  settings: GivenSettings = {},
  parts: BaselineParts = {},
): RecommenderFactory {
  return getBaseline(name).create(settings, parts);
}
