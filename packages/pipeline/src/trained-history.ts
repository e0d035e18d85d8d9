import { rowEntries, selectEntries, selectRows, type UserBatch } from '@kindred/domain';
import type { SnapshotPart } from '@kindred/pairs';

/** A user's items, strengths and times. */
export function trainedHistory({ data }: Pick<SnapshotPart, 'data'>, user: number) {
  const { positives, times } = data;
  const range = [positives.offsets[user], positives.offsets[user + 1]] as const;
  return [...rowEntries(positives, user), times?.subarray(...range)] as const;
}

/** Everybody of a part as one batch. */
export function everybodyIn({ data, users }: SnapshotPart): UserBatch {
  return { history: data.positives, times: data.times, users: Uint32Array.from(users.keys()) };
}

/** Some users of a part as one batch, in the order given. */
export function batchOf({ data }: SnapshotPart, users: Uint32Array): UserBatch {
  const { positives, times } = data;
  const history = selectRows(positives, users);
  return { history, times: times && selectEntries(positives, times, users, history), users };
}
