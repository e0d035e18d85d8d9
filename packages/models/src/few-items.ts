import { ENOUGH_ITEMS } from './artefact/index.js';
import { dae } from './autoencoder/dae.js';
import type { Settings } from './settings.js';

/** What a generator is told, where it differs from its defaults, when it is to complete histories of a few items. */
const FOR_FEW_ITEMS: Readonly<Record<string, Settings>> = { [dae.name]: { conditionItems: ENOUGH_ITEMS } };

/** Settings with which a method learns to complete histories of fewer than 8 items. */
export function settingsForFewItems(method: string): Settings {
  return FOR_FEW_ITEMS[method] ?? {};
}
