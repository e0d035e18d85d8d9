import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareSetting, getSetting } from '../settings.js';
import { AdversarialRun } from './adversarial-run.js';
import { ganSettings, readGanSettings } from './gan-settings.js';
import { wassersteinGame } from './wasserstein-game.js';

/**
 * The conditional game with the distance of Wasserstein (Arjovsky et al., ICML 2017) and a penalty on the critic's slope
 * (Gulrajani et al., NeurIPS 2017).
 */
export const wganGp: LearnedMethod = {
  name: 'wgan-gp',
  description: 'A generator of further items against a critic of bounded slope: the Wasserstein distance.',
  settings: [
    ...ganSettings({ noise: 16, adversarialWeight: 0.1, criticSteps: 5, criticRate: 0.001, space: 'items' }),
    declareSetting('gradientPenalty', 10, [0, 1000], 'Weight of what holds the slope of the critic to 1.', {
      why: 'The paper’s 10.',
    }),
  ],
  async prepare(context: MethodContext) {
    const { settings: given, data } = context;
    const settings = { ...readGanSettings(given, data), gradientPenalty: getSetting(given, 'gradientPenalty') };
    const game = wassersteinGame(true, settings.gradientPenalty);
    return AdversarialRun.start(context, settings, { method: 'wgan-gp', game });
  },
};
