export { type Behaviour, behaviourOf } from './anomalies/behaviour-rules.js';
export { describeAnomaly } from './anomalies/describe-anomaly.js';
export {
  type Anomaly,
  type FoundAnomalies,
  findAnomalies,
  LEAST_USERS,
  type UserSignals,
} from './anomalies/find-anomalies.js';
export { implausibilities } from './anomalies/implausibilities.js';
export { leftOutErrors } from './anomalies/left-out-errors.js';
export { popularityErrors } from './anomalies/popularity-errors.js';
export { areaUnderCurve } from './distributions.js';
export type { Watch } from './in-turns.js';
export { canTellMembers, type Disclosure, testDisclosure } from './synthetic-log/disclosure.js';
export { type Fidelity, measureFidelity } from './synthetic-log/fidelity.js';
export { generatorSampler, independentSampler } from './synthetic-log/generator-sampler.js';
export { synthesisInWords } from './synthetic-log/in-words.js';
export { eventsOf, incidence, logOfUsers, trainingDataOf } from './synthetic-log/log-pairs.js';
export { fitLogProfile, type LogProfile } from './synthetic-log/log-profile.js';
export { type HistorySampler, sampleLog } from './synthetic-log/sample-log.js';
