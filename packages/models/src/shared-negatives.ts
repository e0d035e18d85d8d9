import { declareSetting, type SettingDeclaration, type Settings, settingOr } from './settings.js';

/**
 * The setting that `sharedNegatives` rules where it is open.
 * @param what they are, before the rule: `Uniform negatives of a step`
 */
export function declareNegatives(what: string): SettingDeclaration {
  return declareSetting('negatives', 'auto', [1, 65_536], `${what}; auto: all up to 8,192, else 4,096.`, {
    whole: true,
    why: "Shared by a step they cost one matrix product; of large catalogues 8,192 were a little better than 4,096 in the recipe's runs, at twice the cost.",
  });
}

/** Negatives that a step shares, never more than there are items; by rule all up to 8,192 items, else 4,096. */
export function sharedNegatives(settings: Settings, items: number): number {
  return Math.min(
    items,
    settingOr(settings, 'negatives', () => (items <= 8192 ? items : 4096)),
  );
}
