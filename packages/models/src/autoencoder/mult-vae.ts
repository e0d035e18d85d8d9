import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareChoice, declareSetting, getChoice, getSetting } from '../settings.js';
import type { BodyBatch } from './autoencoder-body.js';
import { AutoencoderRun } from './autoencoder-run.js';
import { AUTOENCODER_SETTINGS, readAutoencoderSettings } from './autoencoder-settings.js';
import { CORRUPTION, hideShare } from './corruption.js';
import { LatentBody } from './latent-body.js';
import { OldEncoder } from './old-encoder.js';

const PRIORS = ['gaussian', 'composite'] as const;

/**
 * Mult-VAE (Liang et al., WWW 2018): a denoising autoencoder whose latent is drawn and held near a prior, with a weight that
 * grows while training. The composite prior and its weight by the length of a history are RecVAE's (Shenbin et al., WSDM 2020).
 */
export const multVae: LearnedMethod = {
  name: 'mult-vae',
  description: 'A variational autoencoder: a history has a distribution of latents, held near a prior.',
  settings: [
    ...AUTOENCODER_SETTINGS,
    CORRUPTION,
    declareSetting('latent', 64, [1, 1024], 'Length of the latent.', {
      whole: true,
      why: 'As long as the hidden layers, so that the spectral start passes through it whole; no other length was compared.',
    }),
    declareChoice('prior', PRIORS, 'What the latent is held near: the standard normal, or the mixture of RecVAE.', {
      search: { among: [...PRIORS] },
      why: 'On validation of MovieLens-100K and Last.fm the two were alike, and the standard normal is simpler.',
    }),
    declareSetting('klWeight', 0.2, [0, 10], 'Weight of the divergence from the prior at the end of its growth.', {
      search: { from: 0.05, to: 1, scale: 'log' },
      why: 'The paper’s .2; .05 was no better on validation of MovieLens-100K, where the best epoch comes before it has grown.',
      only: { setting: 'prior', among: ['gaussian'] },
    }),
    declareSetting('annealShare', 0.5, [0, 1], 'Share of the training during which the weight grows from 0.', {
      why: 'Untried: on validation of MovieLens-100K the best epoch, the fourth, comes before the weight has grown.',
      only: { setting: 'prior', among: ['gaussian'] },
    }),
    declareSetting(
      'klPerItem',
      0.005,
      [0, 1],
      'Weight of the divergence from the mixture, for each item of a history.',
      {
        search: { from: 0.001, to: 0.05, scale: 'log' },
        why: 'The .005 of RecVAE; it was not tuned here.',
        only: { setting: 'prior', among: ['composite'] },
      },
    ),
  ],
  prepare(context: MethodContext) {
    const { settings: given, data } = context;
    const settings = {
      ...readAutoencoderSettings(given, data),
      corruption: getSetting(given, 'corruption'),
      latent: getSetting(given, 'latent'),
      prior: getChoice(given, 'prior'),
      klWeight: getSetting(given, 'klWeight'),
      annealShare: getSetting(given, 'annealShare'),
      klPerItem: getSetting(given, 'klPerItem'),
    };
    const { latent, dimensions, klWeight, annealShare, klPerItem } = settings;
    const composite = settings.prior === 'composite';
    return AutoencoderRun.start(context, settings, {
      method: 'mult-vae',
      hide: hideShare(settings.corruption),
      createBody: ({ state, profiles, context: input }) =>
        new LatentBody(state, dimensions, {
          latent,
          klWeights: ({ positiveWeights, progress }: BodyBatch) =>
            composite
              ? positiveWeights.map((count) => klPerItem * count)
              : positiveWeights.map(() => annealed(klWeight, annealShare, progress)),
          old: composite ? (layers) => new OldEncoder(state, profiles, input, layers) : undefined,
        }),
    });
  },
};

/**
 * The weight of the divergence after so much of the training: it grows in a line from 0 to `full`, then stays.
 * @param share of the training during which it grows
 * @param progress 0 .. 1
 */
export function annealed(full: number, share: number, progress: number): number {
  return progress >= share ? full : (full * progress) / share;
}
