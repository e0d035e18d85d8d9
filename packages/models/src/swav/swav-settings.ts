import type { TrainingData } from '@kindred/domain';
import { readViewSettings, type ViewSettings, viewSettings } from '../self-supervised/view-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';

const USERS_OF_SEGMENT = 30;
const LEAST_SEGMENTS = 8;
const MOST_SEGMENTS = 256;

export const SWAV_SETTINGS: readonly SettingDeclaration[] = [
  ...viewSettings({
    secondItems: [0, 'All that the first hides: codes are made of whole views, and the small crops are items.'],
  }),
  declareSetting('temperature', 0.3, [0.03, 2], 'Cosines with prototypes are divided by it in the prediction.', {
    search: { from: 0.1, to: 0.6, scale: 'log' },
    why: "The paper's .1 is behind .2 on validation of MovieLens-100K; the same as simclr's.",
  }),
  declareSetting(
    'segments',
    'auto',
    [2, 8192],
    'Prototypes; auto: one for 30 users, 8 to 256, half the batch at most.',
    {
      whole: true,
      search: { among: [16, 32, 64, 128, 256] },
      why: 'On validation of MovieLens-100K 32 rank like 118 within a standard error in half the time, 16 and 8 worse; on Last.fm 63 like 128.',
    },
  ),
  declareSetting('epsilon', 0.05, [0.005, 1], 'Softness of the codes: the smaller, the nearer to one segment a view.', {
    search: { among: [0.03, 0.05, 0.1] },
    why: "The paper's value.",
  }),
  declareSetting(
    'sinkhornIterations',
    3,
    [1, 100],
    'Turns in which the codes are brought to even use of the prototypes.',
    {
      whole: true,
      why: "The paper's value.",
    },
  ),
];

export interface SwavSettings extends ViewSettings {
  readonly temperature: number;
  readonly segments: number;
  readonly epsilon: number;
  readonly sinkhornIterations: number;
}

export function readSwavSettings(settings: Settings, data: TrainingData): SwavSettings {
  const views = readViewSettings(settings, data);
  const batch = Math.min(views.batchSize, data.positives.rowCount);
  return {
    ...views,
    temperature: getSetting(settings, 'temperature'),
    segments: settingOr(settings, 'segments', () => segmentsByRule(data.positives.rowCount, batch)),
    epsilon: getSetting(settings, 'epsilon'),
    sinkhornIterations: getSetting(settings, 'sinkhornIterations'),
  };
}

/** Sinkhorn divides a batch evenly among the prototypes: each needs some histories of every batch. */
function segmentsByRule(users: number, batch: number): number {
  const wanted = Math.min(MOST_SEGMENTS, Math.max(LEAST_SEGMENTS, Math.round(users / USERS_OF_SEGMENT)));
  return Math.max(2, Math.min(wanted, Math.floor(batch / 2)));
}
