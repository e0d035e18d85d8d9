export { measureTable } from './guards.js';
export { type ProbeOutcome, type ProbeRequest, type ProbeTrial, probeSettings } from './probing/probe-settings.js';
export type { CurvePoint, Progress, TableHealth } from './progress.js';
export { type TrainingRequest, type TrainingResult, trainModel } from './train-model.js';
