import type { TrainingData } from '@kindred/domain';
import { ONE_ITEM, readViewSettings, type ViewSettings, viewSettings } from '../self-supervised/view-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings, settingOr } from '../settings.js';

export const MOCO_SETTINGS: readonly SettingDeclaration[] = [
  ...viewSettings(ONE_ITEM),
  declareSetting(
    'temperature',
    0.3,
    [0.03, 2],
    'Cosines are divided by it: the lower, the harder the best are told apart.',
    {
      search: { from: 0.1, to: 0.6, scale: 'log' },
      why: 'As with simclr, whose logits are the same.',
    },
  ),
  declareSetting('momentum', 0.99, [0, 1], 'm of the key encoder: how much of it stays in a step.', {
    search: { among: [0.9, 0.99, 0.999] },
    why: 'The paper takes .999 for a million steps; here a training has some hundreds.',
  }),
  declareSetting('queueSize', 'auto', [1, 1_048_576], 'Keys kept as negatives; auto: two for each user, up to 4,096.', {
    whole: true,
    search: { among: [512, 1024, 2048, 4096] },
    why: 'Both views of a user are keys, and older keys of the same users say the same of them, only later.',
  }),
];

export interface MocoSettings extends ViewSettings {
  readonly temperature: number;
  readonly momentum: number;
  readonly queueSize: number;
}

export function readMocoSettings(settings: Settings, data: TrainingData): MocoSettings {
  return {
    ...readViewSettings(settings, data),
    temperature: getSetting(settings, 'temperature'),
    momentum: getSetting(settings, 'momentum'),
    queueSize: settingOr(settings, 'queueSize', () => Math.min(4096, 2 * data.positives.rowCount)),
  };
}
