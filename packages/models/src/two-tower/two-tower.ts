import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { requirePositives } from '../users-with-positives.js';
import { TwoTowerRun } from './two-tower-run.js';
import { readSettings, TWO_TOWER_SETTINGS } from './two-tower-settings.js';

/**
 * Two tables, one of users and one of items, by one of several contrastive objectives, in-batch InfoNCE by default:
 * the textbook two-tower model on ids. Known users are served by their vector; a user that was never trained is folded
 * in by the sum of their items' vectors.
 */
export const twoTower: LearnedMethod = {
  name: 'two-tower',
  description: 'A vector for every user and every item; a choice of objectives, in-batch InfoNCE by default.',
  settings: TWO_TOWER_SETTINGS,
  async prepare(context: MethodContext) {
    requirePositives(context.data);
    return new TwoTowerRun(context, readSettings(context.settings));
  },
};
