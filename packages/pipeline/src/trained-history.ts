import { rowEntries } from '@kindred/domain';
import type { SnapshotPart } from '@kindred/pairs';

/** A user's items, strengths and times. */
export function trainedHistory({ data }: SnapshotPart, user: number) {
  const { positives, times } = data;
  const range = [positives.offsets[user], positives.offsets[user + 1]] as const;
  return [...rowEntries(positives, user), times?.subarray(...range)] as const;
}
