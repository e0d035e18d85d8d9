import { KindredError } from '@kindred/domain';
import { type TrainingRequest, trainModel } from '../train-model.js';
import { createValidator } from '../validator.js';
import type { Measured } from './trial.js';

/**
 * A whole training, measured on validation by its best epoch.
 * @throws KindredError DATA_EMPTY when there is nobody to validate on; what `trainModel` throws; the signal's reason
 */
export async function measureTraining(request: TrainingRequest): Promise<Measured> {
  const validator = createValidator(request);
  if (validator === undefined) {
    throw new KindredError('DATA_EMPTY', 'a search needs validation users, and nobody has anything held out to find');
  }
  const { artefact, plannedEpochs, seconds } = await trainModel(request);
  request.signal?.throwIfAborted();
  const { ndcg, error, perUser } = await validator.measure(artefact);
  return { ndcg, error, perUser: [...perUser], epochs: plannedEpochs, seconds };
}
