import { KindredError, nearestName, type RecommenderFactory } from '@kindred/domain';
import { createEase, type EaseParts } from './ease.js';
import { createItemKnn } from './itemknn.js';
import { createPopularity } from './popularity.js';
import { createRecentPopularity } from './recent-popularity.js';
import type { GivenSettings } from './settings.js';

export { createEase, EASE_MAX_ITEMS, type EaseParts } from './ease.js';
export { createItemKnn } from './itemknn.js';
export type { Matmul } from './matmul.js';
export { createPopularity } from './popularity.js';
export { createRecentPopularity } from './recent-popularity.js';
export type { GivenSettings, Strengths } from './settings.js';

/** Makes a baseline of checked settings; `parts` are what an app injects. */
export type BaselineFactory = (settings?: GivenSettings, parts?: EaseParts) => RecommenderFactory;

/** Every baseline by name, weakest first. */
export const BASELINES = {
  popularity: createPopularity,
  'recent-popularity': createRecentPopularity,
  itemknn: createItemKnn,
  ease: createEase,
} as const satisfies Record<string, BaselineFactory>;

export type BaselineName = keyof typeof BASELINES;

/** @throws KindredError METHOD_UNKNOWN, SETTING_UNKNOWN, CONFIG_INVALID */
export function createBaseline(name: string, settings: GivenSettings = {}, parts: EaseParts = {}): RecommenderFactory {
  if (Object.hasOwn(BASELINES, name)) return BASELINES[name as BaselineName](settings, parts);
  const known = Object.keys(BASELINES);
  const nearest = nearestName(name, known);
  throw new KindredError(
    'METHOD_UNKNOWN',
    `there is no baseline ${name}; ${nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`}`,
  );
}
