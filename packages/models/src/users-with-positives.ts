import { KindredError, rowDegrees, type TrainingData } from '@kindred/domain';

/** Those who have anything to learn from: the members that batches of users are dealt from. Ascending. */
export function usersWithPositives({ positives }: TrainingData): Uint32Array {
  const degrees = rowDegrees(positives);
  return Uint32Array.from(degrees.keys()).filter((user) => (degrees[user] as number) > 0);
}

/** @throws KindredError DATA_EMPTY when no user has a positive */
export function requirePositives({ positives }: TrainingData): void {
  if (positives.columns.length === 0) {
    throw new KindredError('DATA_EMPTY', 'no user has a positive interaction in train');
  }
}
