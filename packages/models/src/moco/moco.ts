import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { generatedOfSparseUsers } from '../self-supervised/generated-items.js';
import { MocoRun } from './moco-run.js';
import { MOCO_SETTINGS, readMocoSettings } from './moco-settings.js';

/**
 * MoCo (He et al., CVPR 2020) on histories: a view is to find the key of the other view of its history among a queue of
 * keys of earlier batches, which a slowly following copy of the table has made, so that the number of negatives does
 * not hang on the batch. Keys in the queue that are of the query's own user are left out. What ranks the items is the
 * same as with `simclr`: an item is encoded as the history that holds nothing else.
 */
export const moco: LearnedMethod = {
  name: 'moco',
  description: 'A view finds the other among a queue of keys that a momentum encoder has made.',
  settings: MOCO_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = readMocoSettings(context.settings, context.data);
    return new MocoRun(context, settings, await generatedOfSparseUsers(context, settings));
  },
};
