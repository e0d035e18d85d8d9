import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

export const TWO_TOWER_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [32, 64, 128] },
    why: '64 is what published results of two towers have; more gains little and costs in proportion.',
  }),
  declareSetting('epochs', 30, [1, 1000], 'Passes over all pairs.', { whole: true }),
  declareSetting('batchSize', 1024, [2, 8192], 'Pairs in a step; each is a negative of all others.', {
    whole: true,
    search: { among: [256, 512, 1024, 2048] },
    why: 'A larger batch has more negatives and fewer steps; which of the two counts more depends on the size of the log.',
  }),
  declareSetting('learningRate', 0.01, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.002, to: 0.05, scale: 'log' },
    why: 'Rates near .01 move a table of vectors far enough within tens of epochs; the space is a factor of five to both sides.',
  }),
  declareSetting('finalLearningRate', 0.001, [0, 1], 'Step size of Adam at the end of the cosine schedule.'),
  declareSetting(
    'temperature',
    0.15,
    [0.03, 2],
    'Cosines are divided by it: the lower, the harder the best are told apart.',
    {
      search: { from: 0.07, to: 0.3, scale: 'log' },
      why: 'With history towers every set was best between .10 and .20, and no statistic of the data told where.',
    },
  ),
  declareSetting(
    'logQ',
    1,
    [0, 1],
    "How much of an item's frequency as a negative is corrected: 1 all of it, 0 none.",
    {
      search: { among: [0, 0.5, 1] },
      why: '1 makes the softmax over the batch that over the catalogue; less pushes popular items down.',
    },
  ),
  declareSetting('priorStrength', 0, [0, 10], 'Popularity added to the scores of users with a history when serving.', {
    search: { among: [0, 0.25, 0.5, 1] },
    why: 'With the whole correction the vectors have learned popularity themselves; with less of it, it is missing.',
  }),
];

export interface TwoTowerSettings extends Readonly<Record<string, number>> {
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly temperature: number;
  readonly logQ: number;
  readonly priorStrength: number;
}

export function readSettings(settings: Settings): TwoTowerSettings {
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: getSetting(settings, 'batchSize'),
    learningRate: getSetting(settings, 'learningRate'),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    temperature: getSetting(settings, 'temperature'),
    logQ: getSetting(settings, 'logQ'),
    priorStrength: getSetting(settings, 'priorStrength'),
  };
}
