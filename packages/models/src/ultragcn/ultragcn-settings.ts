import type { TrainingData } from '@kindred/domain';
import { priorWindowByRule } from '../popularity.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';
import { sharedNegatives } from '../shared-negatives.js';
import { requirePositives } from '../users-with-positives.js';
import type { CellSettings } from './ultragcn-cells.js';

export const ULTRAGCN_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [64, 128] },
    why: 'The length of the paper; 128 costs twice the time.',
  }),
  declareSetting('epochs', 40, [1, 1000], 'Passes over all users.', { whole: true }),
  declareSetting('batchSize', 'auto', [1, 8192], 'Users in a step; auto: a 32nd of them, 64 to 256.', {
    whole: true,
    why: 'A step is a block of these users by all items that they touch.',
  }),
  declareSetting('learningRate', 0.01, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.002, to: 0.05, scale: 'log' },
    why: 'Larger than the paper, which takes hundreds of epochs of small batches.',
  }),
  declareSetting('finalLearningRate', 0.001, [0, 1], 'Step size of Adam at the end of the cosine schedule.'),
  declareSetting('weightDecay', 1e-5, [0, 1], 'Every step adds so much of each vector to its gradient.', {
    search: { from: 1e-7, to: 1e-3, scale: 'log' },
    why: 'Inner products overfit without.',
  }),
  declareSetting(
    'negatives',
    'auto',
    [1, 65_536],
    'Uniform negatives of a step; auto: all items up to 8,192, else 4,096.',
    {
      whole: true,
      why: 'They are shared by the batch: one matrix product.',
    },
  ),
  declareSetting(
    'negativeWeight',
    'auto',
    [0, 10_000],
    'Weight of the mean of the negatives against a positive; auto: a hundredth of the items, 1 to 300.',
    {
      search: { from: 5, to: 1000, scale: 'log' },
      why: 'The paper has 300 for 40,000 items; above, an item not yet found is pushed away harder than one that is had is pulled.',
    },
  ),
  declareSetting('baseWeight', 0, [0, 10], 'What every cell of the loss weighs beside beta.', {
    search: { among: [0, 0.01, 0.1] },
    why: "The paper's w1 and w3 are a millionth beside w2 and w4.",
  }),
  declareSetting('neighbours', 10, [0, 1000], 'Items that each item is linked to.', {
    whole: true,
    why: 'As in the paper.',
  }),
  declareSetting('neighbourWeight', 0.1, [0, 1000], "Weight lambda of the neighbours of a user's items.", {
    search: { from: 0.001, to: 10, scale: 'log' },
    why: 'The paper has 5e-4 to 2.75, largest where the data are sparsest.',
  }),
  declareSetting('startIterations', 6, [0, 50], 'Subspace iterations of the spectral start.', { whole: true }),
  declareSetting('priorStrength', 0, [0, 10], 'Popularity added when serving.', {
    search: { among: [0, 0.25, 0.5] },
    why: 'The lengths of the items hold their popularity already.',
  }),
];

export interface UltraGcnSettings extends Readonly<Record<string, number>>, CellSettings {
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly weightDecay: number;
  readonly negatives: number;
  readonly negativeWeight: number;
  readonly baseWeight: number;
  readonly neighbours: number;
  readonly neighbourWeight: number;
  readonly startIterations: number;
  readonly priorStrength: number;
  readonly priorWindowDays: number;
}

/** Every `auto` replaced by what its rule says of the data. */
export function readSettings(settings: Settings, data: TrainingData): UltraGcnSettings {
  const { rowCount: users, columnCount: items } = data.positives;
  requirePositives(data);
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: settingOr(settings, 'batchSize', () => Math.min(256, Math.max(64, Math.floor(users / 32)))),
    learningRate: getSetting(settings, 'learningRate'),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    weightDecay: getSetting(settings, 'weightDecay'),
    negatives: sharedNegatives(settings, items),
    negativeWeight: settingOr(settings, 'negativeWeight', () => Math.min(300, Math.max(1, items / 100))),
    baseWeight: getSetting(settings, 'baseWeight'),
    neighbours: getSetting(settings, 'neighbours'),
    neighbourWeight: getSetting(settings, 'neighbourWeight'),
    startIterations: getSetting(settings, 'startIterations'),
    priorStrength: getSetting(settings, 'priorStrength'),
    priorWindowDays: priorWindowByRule(data),
  };
}
