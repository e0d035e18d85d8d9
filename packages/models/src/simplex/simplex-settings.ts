import type { TrainingData } from '@kindred/domain';
import { declareFinalRate } from '../final-rate.js';
import { priorWindowByRule } from '../popularity.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';
import { declareNegatives, sharedNegatives } from '../shared-negatives.js';
import { requirePositives } from '../users-with-positives.js';

export const SIMPLEX_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [64, 128] },
    why: 'The length of the paper; 128 costs twice the time.',
  }),
  declareSetting('epochs', 40, [1, 1000], 'Passes over all users.', {
    whole: true,
    why: 'On validation of MovieLens-100K .2109 after 40, .2099 half-way; with these defaults no other schedule was tried.',
  }),
  declareSetting('batchSize', 'auto', [1, 8192], 'Users in a step; auto: a 32nd of them, 64 to 1,024.', {
    whole: true,
    why: 'Smaller than for a softmax: only the few negatives beyond the margin pull.',
  }),
  declareSetting('learningRate', 0.03, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.003, to: 0.1, scale: 'log' },
    why: 'As the default method.',
  }),
  declareFinalRate(0.003),
  declareSetting('ownShare', 0.2, [0, 1], "Share g of the user's own vector against their history; 0: no own vector.", {
    search: { among: [0, 0.2, 0.5, 0.8] },
    why: 'The paper takes .5 to 1; with less, folding in misses less, and on validation of Last.fm .2 and 0 rank alike.',
  }),
  declareSetting('margin', 0.5, [-1, 1], 'A negative below this cosine is far enough.', {
    search: { from: 0.2, to: 0.9, scale: 'linear' },
    why: 'The paper has .4 to .9, the lower the sparser.',
  }),
  declareSetting(
    'negativeWeight',
    'auto',
    [0, 10_000],
    'Weight w of the mean of the negatives against a positive; auto: a hundredth of the items, 1 to 250.',
    {
      search: { from: 5, to: 500, scale: 'log' },
      why: 'The paper has 10 for MovieLens and 150 to 300 for large sparse sets; above, an item not yet found is pushed away harder than one that is had is pulled.',
    },
  ),
  declareNegatives('Uniform negatives of a step'),
  declareSetting('priorStrength', 0, [0, 10], 'Popularity added when serving.', {
    search: { among: [0, 0.25, 0.5] },
    why: 'The loss leaves popularity in the vectors.',
  }),
];

export interface SimplexSettings extends Readonly<Record<string, number>> {
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly ownShare: number;
  readonly margin: number;
  readonly negativeWeight: number;
  readonly negatives: number;
  readonly priorStrength: number;
  readonly priorWindowDays: number;
}

/** Every `auto` replaced by what its rule says of the data. */
export function readSettings(settings: Settings, data: TrainingData): SimplexSettings {
  const { rowCount: users, columnCount: items } = data.positives;
  requirePositives(data);
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: settingOr(settings, 'batchSize', () => Math.min(1024, Math.max(64, Math.floor(users / 32)))),
    learningRate: getSetting(settings, 'learningRate'),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    ownShare: getSetting(settings, 'ownShare'),
    margin: getSetting(settings, 'margin'),
    negativeWeight: settingOr(settings, 'negativeWeight', () => Math.min(250, Math.max(1, items / 100))),
    negatives: sharedNegatives(settings, items),
    priorStrength: getSetting(settings, 'priorStrength'),
    priorWindowDays: priorWindowByRule(data),
  };
}
