export { type BeyondName, type ExposureCurve, giniCoefficient } from './beyond-accuracy.js';
export type { BootstrapOptions, Interval } from './bootstrap.js';
export type { Bucket } from './buckets.js';
export {
  batchOfCohort,
  type Cohort,
  type CohortOptions,
  coldCohort,
  type Mask,
  selectUsers,
  trainedCohort,
  wholeCohort,
} from './cohort.js';
export { type BootstrappedDifference, bootstrapDifferences, type Comparison, compare } from './compare.js';
export { type EvaluateOptions, type Evaluation, evaluate, getMetric } from './evaluate.js';
export { type RankingOptions, rankCohort, type TopLists } from './full-ranking.js';
export { holmAdjusted } from './holm.js';
export {
  DEFAULT_CUTOFFS,
  METRIC_KINDS,
  type MetricKind,
  type MetricName,
  measureLists,
  type PerUser,
} from './ranking-metrics.js';
export { renderReport } from './report/render-report.js';
export type { CurvePoint, ReportInput, ReportMethod, SampleSheet } from './report/report-input.js';
export { adjustedRandIndex } from './representation/adjusted-rand.js';
export {
  measureRepresentation,
  type Representation,
  type RepresentationInput,
} from './representation/representation.js';
export { reseedStability } from './representation/reseed-stability.js';
export { silhouette } from './representation/silhouette.js';
export { sampleUnitRows, type UnitRows } from './representation/vector-table.js';
