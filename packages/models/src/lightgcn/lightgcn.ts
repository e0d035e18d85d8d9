import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { LightGcnRun } from './lightgcn-run.js';
import { LIGHTGCN_SETTINGS, readSettings } from './lightgcn-settings.js';

/**
 * LightGCN (He et al., SIGIR 2020): vectors of users and items are carried over the edges of the interactions, nothing
 * else, and the mean of the layers ranks. Its gradient goes back over the same edges, exactly.
 */
export const lightgcn: LearnedMethod = {
  name: 'lightgcn',
  description: 'Vectors of users and items, smoothed over the graph of interactions.',
  settings: LIGHTGCN_SETTINGS,
  async prepare(context: MethodContext) {
    return new LightGcnRun(context, readSettings(context.settings, context.data));
  },
};
