import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { AdversarialRun } from './adversarial-run.js';
import { ganSettings, readGanSettings } from './gan-settings.js';
import { logisticGame } from './logistic-game.js';

/**
 * The conditional game (Mirza and Osindero, 2014): the discriminator sees the profile and the few items of the same user that
 * it was made of, so it says whether both go together.
 */
export const conditionalGan: LearnedMethod = {
  name: 'conditional-gan',
  description: 'A generator of further items against a discriminator that also sees the items they were made of.',
  settings: ganSettings({ noise: 16, adversarialWeight: 0.1, criticSteps: 1, criticRate: 0.001, space: 'items' }),
  async prepare(context: MethodContext) {
    const settings = readGanSettings(context.settings, context.data);
    return AdversarialRun.start(context, settings, { method: 'conditional-gan', game: logisticGame(true) });
  },
};
