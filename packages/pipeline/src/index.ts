export { type BenchmarkRequest, type BenchmarkSource, benchmark } from './benchmark/benchmark.js';
export type { BenchmarkReport } from './benchmark/benchmark-report.js';
export { METHOD_NAMES } from './benchmark/method-settings.js';
export { readTableEvents } from './benchmark/table-events.js';
export { checkRetrainSettings } from './check-retrain-settings.js';
export { sampleUsers } from './chosen.js';
export { endFailedRun } from './claimed-run.js';
export { executeRun, PIPELINE, type RunSurroundings, runStage } from './execute-run.js';
export { type ExportedModel, exportModel } from './export-model.js';
export { type ChosenTraining, chooseTraining, type FitRequest, inBrief, refit } from './fit-method.js';
export { folders, timedId } from './folders.js';
export { faultOf, type IngestOptions, type IngestReport, ingestLog } from './ingest-log.js';
export { removeLeftovers, removeRunFolder } from './leftovers.js';
export { FEWEST_JUDGED_USERS, type ListedAnomalies, listAnomalies } from './list-anomalies.js';
export { modelSegments } from './model-segments.js';
export { openStorage, type Storage } from './open-storage.js';
export { type Progress, silentProgress } from './progress.js';
export { type ReplayChoice, type ReplayReport, replayDeadLetters } from './replay-dead-letters.js';
export { type RunPulse, startRunPulse } from './run-pulse.js';
export { parseRunSettings, parseSearch, type RunSettings } from './run-settings.js';
export type {
  EvaluateResult,
  IndexResult,
  PairResult,
  PromoteResult,
  StageResults,
  TrainResult,
} from './stage-context.js';
export { type Synthesis, type SynthesisRequest, synthesizeLog } from './synthesize-log.js';
export { judgeUsers } from './user-anomalies.js';
export { type SyntheticLogReport, type SyntheticLogRequest, writeSyntheticLog } from './write-synthetic-log.js';
