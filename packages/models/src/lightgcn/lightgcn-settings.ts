import type { TrainingData } from '@kindred/domain';
import { declareLayers, GRAPH_SETTINGS, type GraphSettings, readGraphSettings } from '../graph/graph-settings.js';
import type { SettingDeclaration, Settings } from '../settings.js';

export const LIGHTGCN_SETTINGS: readonly SettingDeclaration[] = [...GRAPH_SETTINGS, declareLayers(1, 'LAYERSWHY')];

export type LightGcnSettings = GraphSettings;

export function readSettings(settings: Settings, data: TrainingData): LightGcnSettings {
  return readGraphSettings(settings, data);
}
