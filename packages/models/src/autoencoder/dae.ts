import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { getSetting } from '../settings.js';
import { AutoencoderRun } from './autoencoder-run.js';
import { AUTOENCODER_SETTINGS, readAutoencoderSettings } from './autoencoder-settings.js';
import { CodeBody } from './code-body.js';
import { CORRUPTION, hideShare } from './corruption.js';

/**
 * Denoising autoencoder (Vincent et al., ICML 2008; with multinomial likelihood Mult-DAE, Liang et al., WWW 2018): part of
 * the profile is hidden from the input, so that items have to be found again from the others.
 */
export const dae: LearnedMethod = {
  name: 'dae',
  description: 'A denoising autoencoder: the whole history found again from a random part of it.',
  settings: [...AUTOENCODER_SETTINGS, CORRUPTION],
  prepare(context: MethodContext) {
    const corruption = getSetting(context.settings, 'corruption');
    const settings = { ...readAutoencoderSettings(context.settings, context.data), corruption };
    return AutoencoderRun.start(context, settings, {
      method: 'dae',
      hide: hideShare(corruption),
      createBody: ({ state }) => new CodeBody(state, settings.dimensions),
    });
  },
};
