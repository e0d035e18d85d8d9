import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { generatedOfSparseUsers } from '../self-supervised/generated-items.js';
import { SimclrRun } from './simclr-run.js';
import { readSimclrSettings, SIMCLR_SETTINGS } from './simclr-settings.js';

/**
 * SimCLR (Chen et al., ICML 2020) on histories: two views of a user's history are to be nearer to each other than to
 * all other views of the batch (NT-Xent). What ranks the items: an item is encoded as the history that holds nothing
 * else, and the second view is by default one item that the first does not show, so that the contrast of views is a
 * contrast of histories with items. One table encodes both, as the paper's one encoder does; there is no projection
 * head, for a table has no layer below the one that is contrasted.
 */
export const simclr: LearnedMethod = {
  name: 'simclr',
  description: 'Two views of a history find each other among the views of the batch (NT-Xent).',
  settings: SIMCLR_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = readSimclrSettings(context.settings, context.data);
    return new SimclrRun(context, settings, await generatedOfSparseUsers(context, settings));
  },
};
