import type { TrainingData } from '@kindred/domain';
import { declareLayers, GRAPH_SETTINGS, type GraphSettings, readGraphSettings } from '../graph/graph-settings.js';
import { declareNoise, type NoiseSettings, readNoise } from '../graph/noise-settings.js';
import type { SettingDeclaration, Settings } from '../settings.js';

export const SIMGCL_SETTINGS: readonly SettingDeclaration[] = [
  ...GRAPH_SETTINGS,
  declareLayers(2, 'As in the paper for sparse logs; three passes a step make each layer dear.'),
  ...declareNoise({ contrastWeight: 0.05, contrastTemperature: 0.2, noise: 0.1 }),
];

export interface SimGclSettings extends GraphSettings, NoiseSettings {}

export function readSettings(settings: Settings, data: TrainingData): SimGclSettings {
  return { ...readGraphSettings(settings, data), ...readNoise(settings) };
}
