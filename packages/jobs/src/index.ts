export { createIngestHandler } from './ingest-handler.js';
export { RECOVERY_TIMING, type RecoveryTiming, recoverRuns, startRecovery } from './recover-runs.js';
export { scheduleRetraining } from './schedule-retraining.js';
export { createStageHandler, recordFailure, type StageSurroundings } from './stage-handler.js';
export type { StagePayload } from './stage-payload.js';
export { STAGE_TIMING } from './stage-timing.js';
