import type { TrainingData } from '@kindred/domain';
import { readViewSettings, type ViewSettings, viewSettings } from '../self-supervised/view-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';

export const SWAV_SETTINGS: readonly SettingDeclaration[] = [
  ...viewSettings({
    secondItems: [0, 'All that the first hides: codes are made of whole views, and the small crops are items.'],
  }),
  declareSetting('temperature', 0.3, [0.03, 2], 'Cosines with prototypes are divided by it in the prediction.', {
    search: { from: 0.1, to: 0.6, scale: 'log' },
    why: "The paper's .1 is behind .2 on validation of MovieLens-100K; the same as simclr's.",
  }),
  declareSetting('segments', 'auto', [2, 8192], 'Prototypes; auto: half the batch, up to 256.', {
    whole: true,
    search: { among: [16, 32, 64, 128, 256] },
    why: 'Sinkhorn divides a batch evenly among them: each needs some histories of every batch.',
  }),
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
    segments: settingOr(settings, 'segments', () => Math.min(256, Math.max(2, Math.floor(batch / 2)))),
    epsilon: getSetting(settings, 'epsilon'),
    sinkhornIterations: getSetting(settings, 'sinkhornIterations'),
  };
}
