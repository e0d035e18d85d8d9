import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareSetting, getSetting } from '../settings.js';
import { AdversarialRun } from './adversarial-run.js';
import { ganSettings, readGanSettings } from './gan-settings.js';
import { logisticGame } from './logistic-game.js';

/**
 * CFGAN (Chae et al., CIKM 2018) with zero reconstruction and partial masking: of what is made the discriminator sees the
 * user's own items and a random part of the others, and another random part of the others is drawn to zero. Other than the
 * paper's, this generator also learns by likelihood, and is conditioned on a few items instead of the whole profile, with
 * which it would be an autoencoder (Pérez Maurera et al., ECIR 2022).
 */
export const cfgan: LearnedMethod = {
  name: 'cfgan',
  description: 'A generator of whole profiles against a discriminator that sees them masked to the user’s own items.',
  settings: [
    ...ganSettings({ noise: 0, adversarialWeight: 0.1, criticSteps: 1, criticRate: 0.001, space: 'items' }),
    declareSetting('maskShare', 0.5, [0, 1], 'Share of the items a user lacks that the discriminator sees as well.', {
      why: 'The paper’s ratios are .4 to .9.',
    }),
    declareSetting('zeroShare', 0.5, [0, 1], 'Share of the items a user lacks that are drawn to zero.', {
      why: 'The paper’s ratios are .4 to .9.',
    }),
    declareSetting('zeroWeight', 0.1, [0, 10], 'Weight of drawing them to zero.', {
      search: { among: [0, 0.03, 0.1] },
      why: 'The paper’s coefficients are .03 to .1; likelihood draws them to zero as well.',
    }),
  ],
  async prepare(context: MethodContext) {
    const { settings: given, data } = context;
    const masks = {
      maskShare: getSetting(given, 'maskShare'),
      zeroShare: getSetting(given, 'zeroShare'),
      zeroWeight: getSetting(given, 'zeroWeight'),
    };
    const settings = { ...readGanSettings(given, data), ...masks };
    return AdversarialRun.start(context, settings, { method: 'cfgan', game: logisticGame(true), masks });
  },
};
