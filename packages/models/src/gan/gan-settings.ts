import { KindredError, type TrainingData } from '@kindred/domain';
import {
  AUTOENCODER_SETTINGS,
  type AutoencoderSettings,
  readAutoencoderSettings,
} from '../autoencoder/autoencoder-settings.js';
import {
  declareChoice,
  declareSetting,
  getChoice,
  getSetting,
  type SettingDeclaration,
  type Settings,
} from '../settings.js';

const BODIES = ['dense', 'style', 'conv'] as const;
const SPACES = ['items', 'embedding'] as const;

const WITH_STYLE = { setting: 'body', among: ['style'] };

/** What the methods have defaults of their own for. */
export interface GanDefaults {
  readonly noise: number;
  readonly adversarialWeight: number;
  readonly criticSteps: number;
  readonly criticRate: number;
  readonly space: (typeof SPACES)[number];
}

/** The settings of every adversarial generator, beside those of the autoencoders. */
export function ganSettings(defaults: GanDefaults): readonly SettingDeclaration[] {
  const spaces = defaults.space === 'items' ? SPACES : ([...SPACES].reverse() as ['embedding', 'items']);
  return [
    ...AUTOENCODER_SETTINGS,
    declareSetting(
      'conditionItems',
      8,
      [1, 1000],
      'Most items that are left of a history; the number is drawn from 1 up. Body conv reads so many of any history.',
      {
        whole: true,
        search: { among: [4, 8, 16, 32] },
        why: 'The generator is for histories of a few items, so that is what it learns to complete.',
      },
    ),
    declareChoice(
      'body',
      BODIES,
      'dense: one hidden layer of the sum of the items, which the noise enters; style: two, scaled and shifted by a style made of the sum and the noise; conv: convolutions over the items in order of time.',
      {
        search: { among: [...BODIES] },
        why: 'One layer is the simplest and reads all of a history; conv knows its newest items alone, which is worth most where histories are long; both ranked behind for users of few items (results/sparse-users-family.json).',
      },
    ),
    declareSetting('noise', defaults.noise, [0, 256], 'Random numbers that the generator takes; 0: none.', {
      whole: true,
      why: 'With noise one history has several answers, at a little cost in ranking (validation of MovieLens-100K); published code of cfgan and ganmf has none, and others than 16 are untried.',
    }),
    declareSetting('styleWidth', 16, [1, 256], 'Length of a style.', {
      whole: true,
      why: 'As many as the random numbers beside the profile; others are untried.',
      only: WITH_STYLE,
    }),
    declareSetting(
      'styleMixing',
      0.5,
      [0, 1],
      'Share of the users of a step whose last layer gets the style of another user.',
      {
        why: 'On validation of MovieLens-100K 0, .5 and .9 ranked alike within chance (five seeds; docs/log.md, 27 November); StyleGAN mixes 90 % of its images.',
        only: WITH_STYLE,
      },
    ),
    declareSetting(
      'adversarialWeight',
      defaults.adversarialWeight,
      [0, 100],
      'Weight of the adversarial loss against the likelihood of one item; 0: there is no discriminator.',
      {
        search: { among: [0, 0.01, 0.03, 0.1, 0.3] },
        why: 'On validation of MovieLens-100K .1 ranked as 0 did and 1 was behind; with ganmf .1 was behind and .01 as 0.',
      },
    ),
    declareSetting(
      'criticSteps',
      defaults.criticSteps,
      [1, 20],
      'Steps of the discriminator for one of the generator.',
      {
        whole: true,
        why: 'One for one, as in the first paper (Goodfellow et al.); wgan-gp takes the five of its own, for its critic has to be near its best; others are untried.',
      },
    ),
    declareSetting('criticRate', defaults.criticRate, [1e-6, 1], 'Step size of the discriminator at the start.', {
      search: { from: 0.0001, to: 0.005, scale: 'log' },
      why: 'A discriminator much faster than the generator wins, and its loss says nothing any more; it was not tuned.',
    }),
    declareSetting('criticUnits', 64, [2, 1024], 'Units of the hidden layers of the discriminator.', {
      whole: true,
      why: 'As many as the generator has; other widths are untried.',
    }),
    declareChoice(
      'space',
      spaces,
      'items: the discriminator learns vectors of the items to see profiles by; embedding: it sees them in the spectral start.',
      {
        why: 'With ganmf embedding ranked above items on validation of MovieLens-100K (.2210, .2156, adversarial weight .1); the other methods were not compared.',
      },
    ),
  ];
}

export interface GanSettings extends AutoencoderSettings {
  readonly conditionItems: number;
  readonly body: string;
  readonly noise: number;
  readonly styleWidth: number;
  readonly styleMixing: number;
  readonly adversarialWeight: number;
  readonly criticSteps: number;
  readonly criticRate: number;
  readonly criticUnits: number;
  readonly space: string;
}

/**
 * Every `auto` replaced by what its rule says of the data.
 * @throws KindredError DATA_EMPTY; CONFIG_INVALID where convolutions have no order to read
 */
export function readGanSettings(settings: Settings, data: TrainingData): GanSettings {
  const body = getChoice(settings, 'body');
  const conditionItems = getSetting(settings, 'conditionItems');
  if (body === 'conv' && conditionItems < 2) {
    throw new KindredError('CONFIG_INVALID', 'one item has no order to convolve: set conditionItems to 2 or more', {
      field: 'conditionItems',
    });
  }
  return {
    ...readAutoencoderSettings(settings, data),
    conditionItems,
    body,
    noise: getSetting(settings, 'noise'),
    styleWidth: getSetting(settings, 'styleWidth'),
    styleMixing: getSetting(settings, 'styleMixing'),
    adversarialWeight: getSetting(settings, 'adversarialWeight'),
    criticSteps: getSetting(settings, 'criticSteps'),
    criticRate: getSetting(settings, 'criticRate'),
    criticUnits: getSetting(settings, 'criticUnits'),
    space: getChoice(settings, 'space'),
  };
}
