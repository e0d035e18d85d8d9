import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { AutoencoderRun } from './autoencoder-run.js';
import { AUTOENCODER_SETTINGS, readAutoencoderSettings } from './autoencoder-settings.js';
import { CodeBody } from './code-body.js';
import { hideShare } from './corruption.js';

/**
 * A profile through one hidden layer back to itself, by multinomial likelihood. Nothing but the width of the layer keeps it
 * from learning the identity: the yardstick of the others.
 */
export const autoencoder: LearnedMethod = {
  name: 'autoencoder',
  description: 'A history through one hidden layer back to itself, by multinomial likelihood.',
  settings: AUTOENCODER_SETTINGS,
  prepare(context: MethodContext) {
    const settings = readAutoencoderSettings(context.settings, context.data);
    return AutoencoderRun.start(context, settings, {
      method: 'autoencoder',
      hide: hideShare(0),
      createBody: ({ state }) => new CodeBody(state, settings.dimensions),
    });
  },
};
