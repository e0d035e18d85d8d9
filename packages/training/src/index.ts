export { measureTable } from './guards.js';
export type { CurvePoint, Progress, TableHealth } from './progress.js';
export { type TrainingRequest, type TrainingResult, trainModel } from './train-model.js';
