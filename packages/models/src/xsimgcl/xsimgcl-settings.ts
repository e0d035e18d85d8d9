import type { TrainingData } from '@kindred/domain';
import { declareLayers, GRAPH_SETTINGS, type GraphSettings, readGraphSettings } from '../graph/graph-settings.js';
import { declareNoise, type NoiseSettings, readNoise } from '../graph/noise-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

export const XSIMGCL_SETTINGS: readonly SettingDeclaration[] = [
  ...GRAPH_SETTINGS,
  declareLayers(2, 'The readout needs a layer beside the one that it is contrasted with.'),
  ...declareNoise({ contrastWeight: 0.05, contrastTemperature: 0.15, noise: 0.2 }),
  declareSetting('contrastedLayer', 1, [1, 8], 'The layer that the readout is contrasted with; at most `layers`.', {
    whole: true,
    search: { among: [1, 2] },
    why: 'The first, as in the paper: the farthest from the readout that the graph has smoothed.',
  }),
];

export interface XSimGclSettings extends GraphSettings, NoiseSettings {
  /** l*, 1 .. K. */
  readonly contrastedLayer: number;
}

export function readSettings(settings: Settings, data: TrainingData): XSimGclSettings {
  const graph = readGraphSettings(settings, data);
  const contrastedLayer = Math.min(graph.layers, getSetting(settings, 'contrastedLayer'));
  return { ...graph, ...readNoise(settings), contrastedLayer };
}
