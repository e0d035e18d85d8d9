import type { Engine } from '@kindred/compute';
import { KindredError, type RecommenderFactory } from '@kindred/domain';
import { type TrainingRequest, trainModel } from '../train-model.js';
import type { ValidationRequest } from '../validation-cohort.js';
import { createValidator, type Validator } from '../validator.js';
import type { Measured } from './trial.js';

/** What something that is no learned method is fitted to and measured on. */
export interface FittingRequest extends ValidationRequest {
  /** Ranks the validation users. */
  readonly engine: Engine;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A whole training, measured on validation by its best epoch.
 * @throws KindredError DATA_EMPTY when there is nobody to validate on; what `trainModel` throws; the signal's reason
 */
export async function measureTraining(request: TrainingRequest): Promise<Measured> {
  const validator = requireValidator(request);
  const { artefact, plannedEpochs, seconds } = await trainModel(request);
  request.signal?.throwIfAborted();
  const { ndcg, error, perUser } = await validator.measure(artefact);
  return { ndcg, error, perUser: [...perUser], epochs: plannedEpochs, seconds };
}

/**
 * A whole fit of a baseline, measured on the users that a training is measured on.
 * @throws KindredError DATA_EMPTY when there is nobody to validate on; what the fit throws; the signal's reason
 */
export async function measureFitting(factory: RecommenderFactory, request: FittingRequest): Promise<Measured> {
  const started = performance.now();
  const validator = requireValidator(request);
  const recommender = await factory.fit(request.data, request.seed);
  const seconds = (performance.now() - started) / 1000;
  request.signal?.throwIfAborted();
  const { ndcg, error, perUser } = await validator.measureRecommender(recommender);
  const { epochs } = factory.settings;
  return { ndcg, error, perUser: [...perUser], epochs: typeof epochs === 'number' ? epochs : undefined, seconds };
}

function requireValidator(request: FittingRequest): Validator {
  const validator = createValidator(request);
  if (validator !== undefined) return validator;
  throw new KindredError('DATA_EMPTY', 'a search needs validation users, and nobody has anything held out to find');
}
