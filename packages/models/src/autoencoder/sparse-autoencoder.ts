import { absoluteActivityLoss, activityKlLoss, lossOperation, type Scalar, type Tensor2D } from '@kindred/objectives';
import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareChoice, declareSetting, getChoice, getSetting, type Settings } from '../settings.js';
import { AutoencoderRun } from './autoencoder-run.js';
import { AUTOENCODER_SETTINGS, readAutoencoderSettings } from './autoencoder-settings.js';
import { CodeBody, type CodeRules } from './code-body.js';
import { CORRUPTION, hideShare } from './corruption.js';

const SPARSITIES = ['k-sparse', 'l1', 'kl'] as const;
const PENALISED = { setting: 'sparsity', among: ['l1', 'kl'] } as const;

/**
 * Sparse autoencoder: of a wide code only a part is used for each history, either the k units that are farthest from zero
 * (Makhzani and Frey, ICLR 2014), or as little as a penalty on the activity leaves.
 */
export const sparseAutoencoder: LearnedMethod = {
  name: 'sparse-autoencoder',
  description: 'An autoencoder of whose hidden units each history uses only a few.',
  settings: [
    ...AUTOENCODER_SETTINGS,
    CORRUPTION,
    declareChoice('sparsity', SPARSITIES, 'The strongest units alone, or a penalty on what all of them do.', {
      search: { among: [...SPARSITIES] },
      why: 'Counting units is the one of the three that says how many a history uses; the penalties were not tuned.',
    }),
    declareSetting('activeShare', 0.5, [0, 1], 'Share of the units that a history uses, at least one unit.', {
      search: { among: [0.125, 0.25, 0.5, 0.75] },
      why: 'On validation of MovieLens-100K half of the units reached .2315, a quarter .2233.',
      only: { setting: 'sparsity', among: ['k-sparse'] },
    }),
    declareSetting('activityWeight', 0.1, [0, 100], 'Weight of the penalty on the activity of a history.', {
      search: { from: 0.01, to: 1, scale: 'log' },
      why: 'A tenth is a small part of the likelihood of a history; it was not tuned.',
      only: PENALISED,
    }),
    declareSetting('targetActivity', 0.1, [0.001, 0.999], 'Mean square of a unit that the divergence draws it to.', {
      why: 'A tenth of the most that a unit can have; the penalty kl was not tuned.',
      only: { setting: 'sparsity', among: ['kl'] },
    }),
  ],
  prepare(context: MethodContext) {
    const { settings: given, data } = context;
    const settings = {
      ...readAutoencoderSettings(given, data),
      corruption: getSetting(given, 'corruption'),
      sparsity: getChoice(given, 'sparsity'),
      activeShare: getSetting(given, 'activeShare'),
      activityWeight: getSetting(given, 'activityWeight'),
      targetActivity: getSetting(given, 'targetActivity'),
    };
    return AutoencoderRun.start(context, settings, {
      method: 'sparse-autoencoder',
      hide: hideShare(settings.corruption),
      createBody: ({ state }) => new CodeBody(state, settings.dimensions, codeRules(settings)),
    });
  },
};

function codeRules(settings: Settings): CodeRules {
  const sparsity = getChoice(settings, 'sparsity');
  if (sparsity === 'k-sparse') {
    return { keep: Math.max(1, Math.round(getSetting(settings, 'activeShare') * getSetting(settings, 'dimensions'))) };
  }
  const weight = getSetting(settings, 'activityWeight');
  const target = getSetting(settings, 'targetActivity');
  return {
    penalty(tf, code) {
      const loss = (activations: Tensor2D) =>
        sparsity === 'l1' ? absoluteActivityLoss(tf, activations) : activityKlLoss(tf, activations, target);
      return tf.mul(
        lossOperation(tf, { activations: code }, ({ activations }) => loss(activations)),
        weight,
      ) as Scalar;
    },
  };
}
