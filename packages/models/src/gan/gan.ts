import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { AdversarialRun } from './adversarial-run.js';
import { ganSettings, readGanSettings } from './gan-settings.js';
import { logisticGame } from './logistic-game.js';

/**
 * The standard game (Goodfellow et al., NeurIPS 2014), not saturating: the discriminator sees the profile alone, so it says
 * whether somebody could have it, not whether this user does.
 */
export const gan: LearnedMethod = {
  name: 'gan',
  description: 'A generator of further items against a discriminator that sees the profile alone.',
  settings: ganSettings({ noise: 16, adversarialWeight: 0.1, criticSteps: 1, criticRate: 0.001, space: 'items' }),
  async prepare(context: MethodContext) {
    const settings = readGanSettings(context.settings, context.data);
    return AdversarialRun.start(context, settings, { method: 'gan', game: logisticGame(false) });
  },
};
