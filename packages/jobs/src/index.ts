export { createIngestHandler } from './ingest-handler.js';
export { createStageHandler, recordFailure, type StageSurroundings } from './stage-handler.js';
export type { StagePayload } from './stage-payload.js';
