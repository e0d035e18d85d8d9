import { declareSetting, type SettingDeclaration } from '../settings.js';

/** The setting of the methods that hide part of a profile from its input. */
export function declareCorruption(value: number): SettingDeclaration {
  return declareSetting('corruption', value, [0, 0.99], 'Share of each history that is hidden from the input.', {
    search: { among: [0.3, 0.5, 0.7] },
    why: 'TODO.',
  });
}
