import { KindredError, type SparseMatrix } from '@kindred/domain';
import type { Snapshot } from './snapshot.js';
import { buildPart, PART_NAMES, type SnapshotPart } from './snapshot-part.js';
import { assertSplitSound } from './split-soundness.js';

/**
 * Proves that nothing held out has reached training. First the divided events must keep what the split promises;
 * then each part is built again from the training events alone and compared: vocabularies, positives, weights, times,
 * negatives, statistics and end time must be those of training and of nothing else.
 * @throws KindredError SPLIT_LEAK, naming the part and what differs
 */
export async function assertNoLeak(snapshot: Snapshot): Promise<void> {
  const log = await snapshot.events();
  assertSplitSound(log, snapshot.summary.split, snapshot.summary.settings);
  for (const name of PART_NAMES) {
    const part = await snapshot.part(name);
    comparePart(part, buildPart(log, snapshot.summary.settings, name).part);
  }
}

function comparePart(part: SnapshotPart, expected: SnapshotPart): void {
  const fail = (what: string) => new KindredError('SPLIT_LEAK', `part ${part.name}: ${what}`);
  const strangerItem = findStranger(part.items, expected.items);
  if (strangerItem !== undefined) throw fail(`its vocabulary holds item ${strangerItem}, which its training has not`);
  const strangerUser = findStranger(part.users, expected.users);
  if (strangerUser !== undefined) throw fail(`its vocabulary holds user ${strangerUser}, whom its training has not`);
  if (!sameList(part.items, expected.items) || !sameList(part.users, expected.users)) {
    throw fail('its vocabularies lack some of its training');
  }
  compareMatrix(part, 'positives', expected);
  compareMatrix(part, 'negatives', expected);
  if (part.data.endTimeMs !== expected.data.endTimeMs) {
    throw fail(`its end time is ${part.data.endTimeMs}, its newest training event ${expected.data.endTimeMs}`);
  }
  const columns = {
    weights: [part.data.weights, expected.data.weights],
    times: [part.data.times, expected.data.times],
    'item popularity': [part.statistics.itemPopularity, expected.statistics.itemPopularity],
    'user activity': [part.statistics.userActivity, expected.statistics.userActivity],
    'held-out items': [part.heldOut?.items.columns, expected.heldOut?.items.columns],
    'held-out users': [part.heldOut?.items.offsets, expected.heldOut?.items.offsets],
    'unknown held-out items': [part.heldOut?.unknownItems, expected.heldOut?.unknownItems],
    'new users': [part.newUsers.map((user) => user.userId), expected.newUsers.map((user) => user.userId)],
  } as const;
  for (const [what, [found, wanted]] of Object.entries(columns)) {
    if (!sameList(found, wanted)) throw fail(`${what} differ from what its own events give`);
  }
  const { eventCount, startTimeMs } = expected.statistics;
  if (part.statistics.eventCount !== eventCount || part.statistics.startTimeMs !== startTimeMs) {
    throw fail('its event count or start time differs from its training');
  }
}

function findStranger(found: readonly string[], expected: readonly string[]): string | undefined {
  const known = new Set(expected);
  return found.find((name) => !known.has(name));
}

function compareMatrix(part: SnapshotPart, kind: 'positives' | 'negatives', expected: SnapshotPart): void {
  const found = part.data[kind];
  const wanted = expected.data[kind];
  for (let user = 0; user < wanted.rowCount; user++) {
    if (sameRow(found, wanted, user)) continue;
    throw new KindredError(
      'SPLIT_LEAK',
      `part ${part.name}: the ${kind} of user ${part.users[user]} are not those of their training events`,
    );
  }
}

function sameRow(a: SparseMatrix, b: SparseMatrix, row: number): boolean {
  const start = a.offsets[row] as number;
  const end = a.offsets[row + 1] as number;
  if (start !== b.offsets[row] || end !== b.offsets[row + 1]) return false;
  for (let k = start; k < end; k++) {
    if (a.columns[k] !== b.columns[k] || a.values[k] !== b.values[k]) return false;
  }
  return true;
}

function sameList(a: ArrayLike<unknown> | undefined, b: ArrayLike<unknown> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
