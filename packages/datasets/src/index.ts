export { type BenchmarkTable, type BenchmarkTableOptions, readBenchmarkTable } from './benchmark-table.js';
export type { LogSource } from './byte-source.js';
export { contentId } from './content-id.js';
export { datasetFolder } from './dataset-folder.js';
export { deadLetterText, originalLine } from './dead-letter-text.js';
export { FUTURE_TOLERANCE_MS, MILLISECONDS_FROM, parseTime } from './event-time.js';
export { itemCategories, itemTexts } from './item-texts.js';
export type { LineVerdict } from './line-verdict.js';
export { LOG_FORMATS, type LogFormat } from './log-format.js';
export type { LogItem } from './log-items.js';
export { describePlan, type LogPlan, replanLog, type UsedColumn } from './log-plan.js';
export { type GivenMapping, type MappedField, type Mapping, parseMapping } from './mapping.js';
export { type LogOptions, type OpenedLog, openLog, replayLine } from './open-log.js';
export {
  ANOMALY_KINDS,
  type AnomalyKind,
  type AnomalyOptions,
  type PlantedLog,
  plantAnomalies,
} from './planted-anomalies.js';
export type { Preset } from './presets/preset.js';
export { PRESETS, presetByName } from './presets/presets.js';
export { type Checksum, DATASETS, type PublicDataset, publicDatasetByName } from './pull/dataset-catalogue.js';
export { type PulledDataset, type PullOptions, pullDataset } from './pull/pull-dataset.js';
export { readItems } from './read-items.js';
export { type SyntheticShop, type SyntheticShopOptions, type SyntheticTruth, syntheticShop } from './synthetic-shop.js';
export {
  type RawEvent,
  type Rejection,
  type Validated,
  type ValidationOptions,
  validateEvent,
} from './validate-event.js';
export { Vocabulary } from './vocabulary.js';
