import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareSetting, getSetting } from '../settings.js';
import { AutoencoderRun } from './autoencoder-run.js';
import { AUTOENCODER_SETTINGS, readAutoencoderSettings } from './autoencoder-settings.js';
import { CodeBody } from './code-body.js';
import { CORRUPTION, hideShare, truncateTo } from './corruption.js';

const CONDITION_ITEMS = declareSetting(
  'conditionItems',
  0,
  [0, 1000],
  'Most items that are left of a history, their number drawn from 1 up; 0: `corruption` says what is left.',
  {
    whole: true,
    search: { among: [0, 8, 16] },
    why: 'Whole histories are ranked better from a share of them; for users with few items up to 8 were better (docs/log.md).',
  },
);

/**
 * Denoising autoencoder (Vincent et al., ICML 2008; with multinomial likelihood Mult-DAE, Liang et al., WWW 2018): part of
 * the profile is hidden from the input, so that items have to be found again from the others; with `conditionItems` all but a
 * few, which is the task of somebody of whom little is known.
 */
export const dae: LearnedMethod = {
  name: 'dae',
  description: 'A denoising autoencoder: the whole history found again from a random part of it.',
  settings: [...AUTOENCODER_SETTINGS, CORRUPTION, CONDITION_ITEMS],
  prepare(context: MethodContext) {
    const corruption = getSetting(context.settings, 'corruption');
    const conditionItems = getSetting(context.settings, 'conditionItems');
    const settings = { ...readAutoencoderSettings(context.settings, context.data), corruption, conditionItems };
    return AutoencoderRun.start(context, settings, {
      method: 'dae',
      hide: conditionItems > 0 ? truncateTo(conditionItems) : hideShare(corruption),
      createBody: ({ state }) => new CodeBody(state, settings.dimensions),
    });
  },
};
