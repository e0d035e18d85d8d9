export { createAugmentationSource, PLAIN_SOURCES } from './augmentation/augmentation-source.js';
export {
  type AugmentationArm,
  type AugmentationChoice,
  type ChosenAugmentation,
  chooseAugmentation,
  type ModelFactory,
  type SourceFactory,
} from './augmentation/choose-augmentation.js';
export { hashTrainingData, hashValidation } from './data-hash.js';
export { measureTable } from './guards.js';
export { type ProbeOutcome, type ProbeRequest, type ProbeTrial, probeSettings } from './probing/probe-settings.js';
export type { ChosenShrinkage } from './probing/tune-shrinkage.js';
export type { CurvePoint, Progress, TableHealth } from './progress.js';
export { measureFitting, measureTraining } from './search/measure-training.js';
export {
  checkSearch,
  hasEpochs,
  SEARCH_KINDS,
  type Searched,
  type SearchKind,
  type SearchPlan,
  type SearchResult,
  searchSettings,
} from './search/search-settings.js';
export type { Evaluate, Measured, Outcome, Trial } from './search/trial.js';
export { type ChosenSegments, chooseSegments } from './segments/choose-segments.js';
export { type TrainingRequest, type TrainingResult, trainModel } from './train-model.js';
export type { ChosenUnion } from './union/choose-union.js';
