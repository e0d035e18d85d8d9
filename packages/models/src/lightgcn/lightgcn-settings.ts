import type { TrainingData } from '@kindred/domain';
import { declareLayers, GRAPH_SETTINGS, type GraphSettings, readGraphSettings } from '../graph/graph-settings.js';
import type { SettingDeclaration, Settings } from '../settings.js';

export const LIGHTGCN_SETTINGS: readonly SettingDeclaration[] = [
  ...GRAPH_SETTINGS,
  declareLayers(
    2,
    'On validation of Last.fm one and two rank alike, and from two on folding in does too; one takes half the time.',
  ),
];

export type LightGcnSettings = GraphSettings;

export function readSettings(settings: Settings, data: TrainingData): LightGcnSettings {
  return readGraphSettings(settings, data);
}
