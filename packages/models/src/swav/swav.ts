import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { generatedOfSparseUsers } from '../self-supervised/generated-items.js';
import { SwavRun } from './swav-run.js';
import { readSwavSettings, SWAV_SETTINGS } from './swav-settings.js';

/**
 * SwAV (Caron et al., NeurIPS 2020) on histories: each view predicts to which prototypes the other was assigned, where
 * the assignment of a batch uses all prototypes alike (Sinkhorn). The prototypes are segments of users; the artefact
 * keeps them, and `segmentOf` names the segment of any history. What ranks the items: an item is encoded as the
 * history that holds nothing else, and the second view is by default one item that the first does not show, as a small
 * crop is beside a large one in the paper.
 */
export const swav: LearnedMethod = {
  name: 'swav',
  description: 'A view predicts the segment of the other; the prototypes are segments of users.',
  settings: SWAV_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = readSwavSettings(context.settings, context.data);
    return new SwavRun(context, settings, await generatedOfSparseUsers(context, settings));
  },
};
