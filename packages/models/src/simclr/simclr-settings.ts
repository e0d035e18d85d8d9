import type { TrainingData } from '@kindred/domain';
import { ONE_ITEM, readViewSettings, type ViewSettings, viewSettings } from '../self-supervised/view-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

export const SIMCLR_SETTINGS: readonly SettingDeclaration[] = [
  ...viewSettings(ONE_ITEM),
  declareSetting(
    'temperature',
    0.3,
    [0.03, 2],
    'Cosines are divided by it: the lower, the harder the best are told apart.',
    {
      search: { from: 0.1, to: 0.6, scale: 'log' },
      why: 'Of .08, .15 and .3 the best on validation of MovieLens-100K, and of the last two on Last.fm.',
    },
  ),
];

export interface SimclrSettings extends ViewSettings {
  readonly temperature: number;
}

export function readSimclrSettings(settings: Settings, data: TrainingData): SimclrSettings {
  return { ...readViewSettings(settings, data), temperature: getSetting(settings, 'temperature') };
}
