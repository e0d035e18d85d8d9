import type { TrainingData } from '@kindred/domain';
import { eighthOfUsers, USERS_PER_STEP } from '../epoch-batches.js';
import { FINAL_RATE_SHARE } from '../final-rate.js';
import { PRIOR_WINDOW_DAYS, priorWindowByRule } from '../popularity.js';
import {
  declareChoice,
  declareSetting,
  getChoice,
  getSetting,
  type SettingDeclaration,
  type Settings,
  settingOr,
} from '../settings.js';
import { requirePositives } from '../users-with-positives.js';

/** One item: the second view is then an item as it is ranked. */
export const ONE_ITEM: ViewDefaults = {
  secondItems: [1, 'One, an item as it is ranked; views of many items teach to tell users apart, and rank worse.'],
};

/** What differs between the methods in the settings that all of them have. */
export interface ViewDefaults {
  /** Items of the second view, and why so many. */
  readonly secondItems: readonly [number, string];
}

export const VIEW_NAMES = ['item-dropout', 'crop', 'mask', 'substitute'] as const;

/** What may write further items for users with few. */
const VIEW_GENERATORS = ['off', 'dae', 'mult-vae', 'conditional-gan'] as const;
export type ViewGenerator = (typeof VIEW_GENERATORS)[number];

/** The settings of every method that learns from two views of a history. */
export function viewSettings({
  secondItems: [secondItems, whySecondItems],
}: ViewDefaults): readonly SettingDeclaration[] {
  return [
    declareSetting('dimensions', 128, [2, 1024], 'Length of the learned vectors.', {
      whole: true,
      why: 'As the default method, which ranked better with 128 than with 64; with views no other length was tried.',
    }),
    declareSetting('epochs', 40, [1, 1000], 'Epochs that the schedule is laid out for.', {
      whole: true,
      why: 'Lengths of the schedule were not compared; validation chooses how many of its epochs are trained.',
    }),
    declareSetting('passes', 4, [1, 1000], 'Passes over all users in an epoch, each with fresh views.', {
      whole: true,
      why: 'A pass shows one pair of views of each user, a small part of what the history says; validation once a pass would cost more than it tells.',
    }),
    USERS_PER_STEP,
    declareSetting('learningRate', 0.03, [1e-6, 1], 'Step size of Adam at the start.', {
      search: { from: 0.005, to: 0.1, scale: 'log' },
      why: 'With simclr on validation of MovieLens-100K a little ahead of .01; sensible values differ by factors.',
    }),
    FINAL_RATE_SHARE,
    declareChoice('view', VIEW_NAMES, 'How the first view is made of a history.', {
      search: { among: [...VIEW_NAMES] },
      why: 'Dropping single items asks nothing of the order of a history, which many logs do not have.',
    }),
    declareSetting('viewStrength', 0.5, [0, 1], 'Share of the history that the first view hides or changes.', {
      search: { from: 0.1, to: 0.8, scale: 'linear' },
      why: 'Of .2, .5 and .7 the best with simclr on validation of MovieLens-100K, though by little.',
    }),
    declareSetting(
      'secondItems',
      secondItems,
      [0, 1000],
      'Items of the second view, drawn of what the first hides; 0: all.',
      {
        whole: true,
        search: { among: [0, 1, 2, 4] },
        why: whySecondItems,
      },
    ),
    declareChoice('generator', VIEW_GENERATORS, 'What writes further items into the second view of users with few.', {
      search: { among: [...VIEW_GENERATORS] },
      why: 'Off: what the generated items are worth depends on the log, and they cost the training of a generator.',
    }),
    declareSetting('generatedCount', 10, [1, 1000], 'Items that the generator gives to a user with fewer than 8.', {
      whole: true,
      why: 'The smaller of the two numbers that pseudo-items at fold-in are chosen from; in views no other was tried.',
    }),
    declareSetting(
      'generatedWeight',
      0.3,
      [0, 1],
      'Chance with which each of them stands in a view of a user with one item; less with every further item.',
      {
        search: { among: [0.1, 0.3, 1] },
        why: 'Untried beyond these three; .3 lets about three generated items stand beside a single real one.',
      },
    ),
    declareSetting('noise', 0, [0, 1], "Length of the random step that moves each view's vector, of its own length.", {
      search: { among: [0, 0.1, 0.2] },
      why: 'None: the views of a history differ enough; SimGCL takes .1.',
    }),
    declareSetting('priorStrength', 1, [0, 10], 'Popularity added when serving.', {
      search: { from: 0, to: 2, scale: 'linear' },
      why: 'Negatives come as often as they are popular, which takes popularity out of the vectors: 1 puts it back.',
    }),
    PRIOR_WINDOW_DAYS,
  ];
}

export interface ViewSettings extends Readonly<Record<string, number | string>> {
  readonly dimensions: number;
  readonly epochs: number;
  readonly passes: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalRateShare: number;
  readonly view: string;
  readonly viewStrength: number;
  readonly secondItems: number;
  readonly generator: ViewGenerator;
  readonly generatedCount: number;
  readonly generatedWeight: number;
  readonly noise: number;
  readonly priorStrength: number;
  readonly priorWindowDays: number;
}

/**
 * Every `auto` replaced by what its rule says of the data.
 * @throws KindredError DATA_EMPTY
 */
export function readViewSettings(settings: Settings, data: TrainingData): ViewSettings {
  const { rowCount: users } = data.positives;
  requirePositives(data);
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    passes: getSetting(settings, 'passes'),
    batchSize: settingOr(settings, 'batchSize', () => eighthOfUsers(users)),
    learningRate: getSetting(settings, 'learningRate'),
    finalRateShare: getSetting(settings, 'finalRateShare'),
    view: getChoice(settings, 'view'),
    viewStrength: getSetting(settings, 'viewStrength'),
    secondItems: getSetting(settings, 'secondItems'),
    generator: getChoice(settings, 'generator') as ViewGenerator,
    generatedCount: getSetting(settings, 'generatedCount'),
    generatedWeight: getSetting(settings, 'generatedWeight'),
    noise: getSetting(settings, 'noise'),
    priorStrength: getSetting(settings, 'priorStrength'),
    priorWindowDays: settingOr(settings, 'priorWindowDays', () => priorWindowByRule(data)),
  };
}
