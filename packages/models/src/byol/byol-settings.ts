import type { TrainingData } from '@kindred/domain';
import { ONE_ITEM, readViewSettings, type ViewSettings, viewSettings } from '../self-supervised/view-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

export const BYOL_SETTINGS: readonly SettingDeclaration[] = [
  ...viewSettings(ONE_ITEM),
  declareSetting('momentum', 0.995, [0, 1], 'm of the target table: how much of it stays in a step.', {
    search: { among: [0.9, 0.99, 0.995, 0.999] },
    why: "BUIR's value: a target that moves too fast is predicted by being like everything else.",
  }),
];

export interface ByolSettings extends ViewSettings {
  readonly momentum: number;
}

export function readByolSettings(settings: Settings, data: TrainingData): ByolSettings {
  return { ...readViewSettings(settings, data), momentum: getSetting(settings, 'momentum') };
}
