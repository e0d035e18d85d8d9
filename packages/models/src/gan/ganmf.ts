import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareSetting, getSetting } from '../settings.js';
import { AdversarialRun } from './adversarial-run.js';
import { energyGame } from './energy-game.js';
import { ganSettings, readGanSettings } from './gan-settings.js';

/**
 * GANMF (Dervishaj and Cremonesi, SAC 2022): the discriminator is an autoencoder that gives real profiles back well and made
 * ones badly, and what is made shall have the code of the user's real profile. Other than the paper's, the generator has no
 * table of users: it makes a profile of a few items, so it serves people it never saw.
 */
export const ganmf: LearnedMethod = {
  name: 'ganmf',
  description: 'A generator of profiles against an autoencoder that gives back what is real.',
  settings: [
    ...ganSettings({ noise: 0, adversarialWeight: 0.01, criticSteps: 1, criticRate: 0.001, space: 'embedding' }),
    declareSetting(
      'margin',
      10,
      [0, 1000],
      'How many times worse made profiles have to be given back than real ones.',
      {
        why: 'The paper’s 10 on all three of its logs.',
      },
    ),
    declareSetting('featureMatching', 0.3, [0, 1], 'Share of equal codes in the generator’s adversarial loss.', {
      search: { among: [0.01, 0.1, 0.3, 0.9] },
      why: 'The paper has .01 to .34.',
    }),
  ],
  async prepare(context: MethodContext) {
    const { settings: given, data } = context;
    const rules = { margin: getSetting(given, 'margin'), matching: getSetting(given, 'featureMatching') };
    const settings = { ...readGanSettings(given, data), margin: rules.margin, featureMatching: rules.matching };
    return AdversarialRun.start(context, settings, { method: 'ganmf', game: energyGame(rules) });
  },
};
