import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { SimplexRun } from './simplex-run.js';
import { readSettings, SIMPLEX_SETTINGS } from './simplex-settings.js';

/**
 * SimpleX (Mao et al., CIKM 2021): a user is a vector of their own mixed with the mean of their history, and the loss
 * pushes only those negatives away that are nearer than a margin.
 */
export const simplex: LearnedMethod = {
  name: 'simplex',
  description: "A user's vector and the mean of their history; cosine contrastive loss over many negatives.",
  settings: SIMPLEX_SETTINGS,
  async prepare(context: MethodContext) {
    return new SimplexRun(context, readSettings(context.settings, context.data));
  },
};
