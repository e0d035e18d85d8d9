import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

export const TWO_TOWER_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', { whole: true }),
  declareSetting('epochs', 30, [1, 1000], 'Passes over all pairs.', { whole: true }),
  declareSetting('batchSize', 1024, [2, 8192], 'Pairs in a step; each is a negative of all others.', { whole: true }),
  declareSetting('learningRate', 0.01, [1e-6, 1], 'Step size of Adam at the start.'),
  declareSetting('finalLearningRate', 0.001, [0, 1], 'Step size of Adam at the end of the cosine schedule.'),
  declareSetting(
    'temperature',
    0.15,
    [0.03, 2],
    'Cosines are divided by it: the lower, the harder the best are told apart.',
  ),
  declareSetting('logQ', 1, [0, 1], "How much of an item's frequency as a negative is corrected: 1 all of it, 0 none."),
  declareSetting('priorStrength', 0, [0, 10], 'Popularity added to the scores of users with a history when serving.'),
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
