import { type Settings, settingOr } from './settings.js';

/** Negatives that a step shares, never more than there are items; by rule all up to 8,192 items, else 4,096. */
export function sharedNegatives(settings: Settings, items: number): number {
  return Math.min(
    items,
    settingOr(settings, 'negatives', () => (items <= 8192 ? items : 4096)),
  );
}
