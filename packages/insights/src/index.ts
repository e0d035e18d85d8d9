export { type Behaviour, behaviourOf, type EventColumns } from './anomalies/behaviour-rules.js';
export { describeAnomaly } from './anomalies/describe-anomaly.js';
export {
  type Anomaly,
  type FoundAnomalies,
  findAnomalies,
  LEAST_USERS,
} from './anomalies/find-anomalies.js';
export { leftOutErrors } from './anomalies/left-out-errors.js';
export { popularityErrors } from './anomalies/popularity-errors.js';
