import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';
import type { ContrastSettings } from './view-contrast.js';

/** Settings of a contrast between noisy views. */
export interface NoiseSettings extends ContrastSettings {
  /** eps: length of what each row is moved by in each layer. */
  readonly noise: number;
}

/** Their declarations, with the defaults that each method's paper differs in. */
export function declareNoise(
  defaults: Pick<NoiseSettings, 'contrastWeight' | 'contrastTemperature' | 'noise'>,
): readonly SettingDeclaration[] {
  return [
    declareSetting('contrastWeight', defaults.contrastWeight, [0, 10], 'Weight of the contrast against the ranking.', {
      search: { from: 0.01, to: 1, scale: 'log' },
      why: "A softmax spreads the vectors already, so little is left for the contrast; with bpr it may be the papers' .2 to .5.",
    }),
    declareSetting(
      'contrastTemperature',
      defaults.contrastTemperature,
      [0.03, 2],
      'Cosines of the contrast are divided by it.',
      { search: { among: [0.1, 0.15, 0.2, 0.3] }, why: "The paper's; lower spreads the nodes more evenly." },
    ),
    declareSetting('contrastSize', 2048, [2, 8192], 'At most so many users, and items, contrasted in a step.', {
      whole: true,
      why: 'The batch of the papers; the cost grows with its square.',
    }),
    declareSetting('noise', defaults.noise, [0, 10], 'Length of what moves each row in each layer.', {
      search: { from: 0.02, to: 0.5, scale: 'log' },
      why: "The paper's, for rows of its own length.",
    }),
  ];
}

export function readNoise(settings: Settings): NoiseSettings {
  return {
    contrastWeight: getSetting(settings, 'contrastWeight'),
    contrastTemperature: getSetting(settings, 'contrastTemperature'),
    contrastSize: getSetting(settings, 'contrastSize'),
    noise: getSetting(settings, 'noise'),
  };
}
