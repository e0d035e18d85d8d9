import { KindredError, nearestName } from '@kindred/domain';
import { createEase } from './ease.js';
import { createItemKnn } from './itemknn.js';
import { createPopularity } from './popularity.js';
import { createRecentPopularity } from './recent-popularity.js';

export { createEase, EASE_MAX_ITEMS } from './ease.js';
export { createItemKnn } from './itemknn.js';
export { createPopularity } from './popularity.js';
export { createRecentPopularity } from './recent-popularity.js';
/** Every baseline by name, weakest first. */
export const BASELINES = {
  popularity: createPopularity,
  'recent-popularity': createRecentPopularity,
  itemknn: createItemKnn,
  ease: createEase,
};
/** @throws KindredError METHOD_UNKNOWN, SETTING_UNKNOWN, CONFIG_INVALID */
export function createBaseline(name, settings = {}, parts = {}) {
  if (Object.hasOwn(BASELINES, name)) return BASELINES[name](settings, parts);
  const known = Object.keys(BASELINES);
  const nearest = nearestName(name, known);
  throw new KindredError(
    'METHOD_UNKNOWN',
    `there is no baseline ${name}; ${nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`}`,
  );
}
//# sourceMappingURL=index.js.map
