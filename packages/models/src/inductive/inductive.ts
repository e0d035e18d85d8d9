import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { InductiveRun } from './inductive-run.js';
import { applyRules, INDUCTIVE_PROBING, INDUCTIVE_SETTINGS } from './inductive-settings.js';

/**
 * The default. A user is what they did: the normalised sum of the vectors of their history, so that everybody is
 * served alike, trained or not, and every new event counts at once. Learned by a softmax with one row per user over
 * shared negatives, with an offset that keeps popularity out of the vectors; served with a prior of recent popularity.
 */
export const inductive: LearnedMethod = {
  name: 'inductive',
  description: 'A user is the sum of their history; softmax over shared negatives, served with recent popularity.',
  settings: INDUCTIVE_SETTINGS,
  probing: INDUCTIVE_PROBING,
  prepare: (context: MethodContext) => InductiveRun.start(context, applyRules(context.settings, context.data)),
};
