import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { generatedOfSparseUsers } from '../self-supervised/generated-items.js';
import { ByolRun } from './byol-run.js';
import { BYOL_SETTINGS, readByolSettings } from './byol-settings.js';

/**
 * BYOL (Grill et al., NeurIPS 2020) as BUIR (Lee et al., SIGIR 2021) brings it to recommendation: a view predicts,
 * through a linear predictor, what a slowly following copy of the table makes of the other view of the same history.
 * No negatives. What ranks the items: q(u) . i + u . q(i), as in BUIR, with the second view by default one item that
 * the first does not show. Where BUIR has a table of users, here a user is the sum of their history, so that the pair
 * (history, item) is BUIR's pair (user, item).
 */
export const byol: LearnedMethod = {
  name: 'byol',
  description: 'A view predicts what a slow copy makes of the other; no negatives (as BUIR).',
  settings: BYOL_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = readByolSettings(context.settings, context.data);
    return new ByolRun(context, settings, await generatedOfSparseUsers(context, settings));
  },
};
