import { type HeldOut, type TrainingData, withEmptyRows } from '@kindred/domain';
import { type Cohort, type Mask, wholeCohort } from '@kindred/evaluation';
import type { SnapshotPart } from '@kindred/pairs';

/** Every user of a test: those whom training knows, then the new ones, with empty histories. */
export interface Everyone {
  readonly cohort: Cohort;
  /** Id of each row that `cohort.rows` speaks of. */
  readonly ids: readonly string[];
  /** Rows below this one belong to users whom training knows. */
  readonly knownUsers: number;
}

/** The cohort of all test users of a part, so that a metric is a mean over everyone in the test file. */
export function everyoneIn(part: SnapshotPart, heldOut: HeldOut, mask: Mask): Everyone {
  const { data, newUsers } = part;
  const rows = data.positives.rowCount + newUsers.length;
  const extended: TrainingData = {
    ...data,
    positives: withEmptyRows(data.positives, rows),
    negatives: withEmptyRows(data.negatives, rows),
  };
  const cohort = wholeCohort(extended, withNewUsers(heldOut, part), { mask });
  return { cohort, ids: [...part.users, ...newUsers.map(({ userId }) => userId)], knownUsers: part.users.length };
}

function withNewUsers(heldOut: HeldOut, { newUsers }: SnapshotPart): HeldOut {
  const known = heldOut.items;
  const rowCount = known.rowCount + newUsers.length;
  const total = newUsers.reduce((sum, { items }) => sum + items.length, known.columns.length);
  const offsets = new Uint32Array(rowCount + 1);
  const columns = new Uint32Array(total);
  offsets.set(known.offsets);
  columns.set(known.columns);
  newUsers.forEach(({ items }, k) => {
    const start = offsets[known.rowCount + k] as number;
    columns.set(items, start);
    offsets[known.rowCount + k + 1] = start + items.length;
  });
  const unknownItems = new Uint32Array(rowCount);
  unknownItems.set(heldOut.unknownItems);
  newUsers.forEach(({ unknownItems: count }, k) => {
    unknownItems[known.rowCount + k] = count;
  });
  const values = new Float32Array(total).fill(1);
  return { items: { ...known, rowCount, offsets, columns, values }, unknownItems };
}
