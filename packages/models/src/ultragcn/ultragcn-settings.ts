import type { TrainingData } from '@kindred/domain';
import { declareFinalRate } from '../final-rate.js';
import { priorWindowByRule } from '../popularity.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';
import { declareNegatives, sharedNegatives } from '../shared-negatives.js';
import { START_ITERATIONS } from '../spectral-start.js';
import { requirePositives } from '../users-with-positives.js';
import type { CellSettings } from './ultragcn-cells.js';

export const ULTRAGCN_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [64, 128] },
    why: 'The length of the paper; 128 costs twice the time.',
  }),
  declareSetting('epochs', 10, [1, 1000], 'Passes over all users.', {
    whole: true,
    why: 'The spectral start is near the best already: on validation of MovieLens-100K the fifth of ten ranks best.',
  }),
  declareSetting('batchSize', 'auto', [1, 8192], 'Users in a step; auto: a 32nd of them, 64 to 256.', {
    whole: true,
    why: 'A step is a block of these users by all items that they touch.',
  }),
  declareSetting('learningRate', 0.003, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.001, to: 0.01, scale: 'log' },
    why: 'Of .003 and .01 the better on validation of MovieLens-100K: larger steps lose the spectral start.',
  }),
  declareFinalRate(0.0003),
  declareSetting('weightDecay', 0, [0, 1], 'Every step adds so much of each vector to its gradient.', {
    search: { among: [0, 1e-7, 1e-6] },
    why: 'The gradients of a mean are small beside it: on validation of MovieLens-100K 1e-5 ends 30 % below 1e-7.',
  }),
  declareNegatives('Uniform negatives of a step'),
  declareSetting('negativeWeight', 1, [0, 10_000], 'Weight of the mean of the negatives against a positive.', {
    search: { from: 0.5, to: 4, scale: 'log' },
    why: 'At 1 the mean score is about zero; above, users are turned against the mean of all items, which costs more than it tells apart.',
  }),
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
  START_ITERATIONS,
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
    negativeWeight: getSetting(settings, 'negativeWeight'),
    baseWeight: getSetting(settings, 'baseWeight'),
    neighbours: getSetting(settings, 'neighbours'),
    neighbourWeight: getSetting(settings, 'neighbourWeight'),
    startIterations: getSetting(settings, 'startIterations'),
    priorStrength: getSetting(settings, 'priorStrength'),
    priorWindowDays: priorWindowByRule(data),
  };
}
