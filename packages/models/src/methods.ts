import { KindredError, nearestName } from '@kindred/domain';
import { inductive } from './inductive/inductive.js';
import type { LearnedMethod } from './learned-method.js';
import { masked } from './sequence/masked.js';
import { nextItem } from './sequence/next-item.js';
import { twoTower } from './two-tower/two-tower.js';

/** Every learned method by name, the default first. */
export const METHODS: Readonly<Record<string, LearnedMethod>> = {
  [inductive.name]: inductive,
  [twoTower.name]: twoTower,
  [nextItem.name]: nextItem,
  [masked.name]: masked,
};

/** What is trained where nothing else is asked for. */
export const DEFAULT_METHOD = inductive.name;

/** @throws KindredError METHOD_UNKNOWN with the nearest known name */
export function getMethod(name: string): LearnedMethod {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method !== undefined) return method;
  const known = Object.keys(METHODS);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('METHOD_UNKNOWN', `there is no learned method ${name}; ${hint}`, { field: 'method' });
}
