import type { TrainingData } from '@kindred/domain';
import { eighthOfUsers, USERS_PER_STEP } from '../epoch-batches.js';
import { FINAL_RATE_SHARE } from '../final-rate.js';
import { PRIOR_WINDOW_DAYS, priorWindowByRule } from '../popularity.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';
import { declareNegatives, sharedNegatives } from '../shared-negatives.js';
import { START_ITERATIONS } from '../spectral-start.js';
import { requirePositives } from '../users-with-positives.js';

/** The settings of every autoencoder. */
export const AUTOENCODER_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Units of the hidden layers, and so the length of served vectors.', {
    whole: true,
    search: { among: [32, 64, 128, 256] },
    why: 'With dae on validation of MovieLens-100K ahead of 32 and 128, on Last.fm of 256; larger logs may have use for more.',
  }),
  declareSetting('epochs', 25, [1, 1000], 'Epochs that the schedule is laid out for.', {
    whole: true,
    why: 'On validation the best was at 8 to 16 of them, and what came after fell by little; 40 fell further.',
  }),
  USERS_PER_STEP,
  declareSetting('learningRate', 0.002, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.0005, to: 0.01, scale: 'log' },
    why: 'With .01 the best epoch of dae was the third and its ranking fell from there; .002 reached more.',
  }),
  FINAL_RATE_SHARE,
  declareNegatives('Items in the softmax of a step beside those of its users'),
  declareSetting('priorStrength', 1, [0, 10], 'Popularity added when serving.', {
    search: { from: 0.25, to: 2, scale: 'log' },
    why: 'Training adds it once to the logits, so 1 serves the likelihood that was trained; others are untried.',
  }),
  PRIOR_WINDOW_DAYS,
  START_ITERATIONS,
];

export interface AutoencoderSettings extends Readonly<Record<string, number | string>> {
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalRateShare: number;
  readonly negatives: number;
  readonly priorStrength: number;
  readonly priorWindowDays: number;
  readonly startIterations: number;
}

/**
 * Every `auto` replaced by what its rule says of the data.
 * @throws KindredError DATA_EMPTY
 */
export function readAutoencoderSettings(settings: Settings, data: TrainingData): AutoencoderSettings {
  const { rowCount: users, columnCount: items } = data.positives;
  requirePositives(data);
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: settingOr(settings, 'batchSize', () => eighthOfUsers(users)),
    learningRate: getSetting(settings, 'learningRate'),
    finalRateShare: getSetting(settings, 'finalRateShare'),
    negatives: sharedNegatives(settings, items),
    priorStrength: getSetting(settings, 'priorStrength'),
    priorWindowDays: settingOr(settings, 'priorWindowDays', () => priorWindowByRule(data)),
    startIterations: getSetting(settings, 'startIterations'),
  };
}
