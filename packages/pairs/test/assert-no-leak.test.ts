import { columnDegrees, type ItemId, type SparseMatrix } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import {
  assertNoLeak,
  buildSnapshotInMemory,
  type EventLog,
  type PairSettingsInput,
  type PartName,
  type Snapshot,
  type SnapshotPart,
  TEST,
  TRAIN,
} from '../src/index.js';
import { batch, type Short } from './event-fixture.js';

const USERS = 6;
/** Six users, one event a day, eight items; item `late` comes on the last days only. */
const EVENTS: Short[] = Array.from({ length: 60 }, (_, day) => [
  `u${day % USERS}`,
  day > 56 ? 'late' : `i${(day * 5) % 8}`,
  'view',
  day,
]);

async function snapshotOf(split: PairSettingsInput['split'] = { kind: 'time' }): Promise<Snapshot> {
  return buildSnapshotInMemory(batch(...EVENTS), { split });
}

/** The snapshot with one part changed. */
function withPart(snapshot: Snapshot, name: PartName, change: (part: SnapshotPart) => SnapshotPart): Snapshot {
  return {
    ...snapshot,
    part: async (asked) => (asked === name ? change(await snapshot.part(asked)) : snapshot.part(asked)),
  };
}

/** The snapshot with its events' sets changed, and its parts built from that. */
function withSets(snapshot: Snapshot, log: EventLog, set: Uint8Array): Snapshot {
  return { ...snapshot, events: async () => ({ ...log, set }) };
}

/** The matrix with one more entry in a row. */
function withEntry(matrix: SparseMatrix, row: number, column: number): SparseMatrix {
  const end = matrix.offsets[row + 1] as number;
  const columns = [...matrix.columns];
  const values = [...matrix.values];
  columns.splice(end, 0, column);
  values.splice(end, 0, 1);
  const offsets = matrix.offsets.map((offset, r) => (r > row ? offset + 1 : offset));
  return { ...matrix, offsets, columns: Uint32Array.from(columns), values: Float32Array.from(values) };
}

const LEAK = { code: 'SPLIT_LEAK' };

describe('assertNoLeak', () => {
  it.each([['time'], ['last'], ['random']] as const)('accepts a sound %s split', async (kind) => {
    await expect(assertNoLeak(await snapshotOf({ kind }))).resolves.toBeUndefined();
  });

  it.each([['time'], ['last']] as const)('catches an event moved from test into train (%s)', async (kind) => {
    const snapshot = await snapshotOf({ kind });
    const log = await snapshot.events();
    const set = log.set.slice();
    set[set.lastIndexOf(TEST)] = TRAIN;
    await expect(assertNoLeak(withSets(snapshot, log, set))).rejects.toMatchObject(LEAK);
  });

  it('catches an event moved from train into test (time), and one instant in two sets', async () => {
    const snapshot = await snapshotOf();
    const log = await snapshot.events();
    const set = log.set.slice();
    set[3] = TEST;
    await expect(assertNoLeak(withSets(snapshot, log, set))).rejects.toThrow(/reached in time/);
    const firstTest = log.set.indexOf(TEST);
    const time = log.time.slice();
    time[firstTest - 1] = time[firstTest] as number;
    await expect(assertNoLeak(withSets(snapshot, { ...log, time }, log.set))).rejects.toThrow(/one instant/);
  });

  it('catches one event of a pair moved across (random)', async () => {
    const events = [...EVENTS, ...EVENTS.map(([u, i, t, day = 0]): Short => [u, i, t, day + 100])];
    const split = { kind: 'random', test: { fraction: 0.4 } } as const;
    const snapshot = await buildSnapshotInMemory(batch(...events), { split });
    const log = await snapshot.events();
    const set = log.set.slice();
    expect(set).toContain(TEST);
    set[set.indexOf(TEST)] = TRAIN;
    await expect(assertNoLeak(withSets(snapshot, log, set))).rejects.toThrow(/pair stands in two sets/);
  });

  it('catches a held-out pair that was put into the positives', async () => {
    const snapshot = await snapshotOf();
    const planted = withPart(snapshot, 'evaluate', (part) => {
      const held = part.heldOut as NonNullable<typeof part.heldOut>;
      const user = part.users.findIndex((_, u) => held.items.offsets[u] !== held.items.offsets[u + 1]);
      const column = held.items.columns[held.items.offsets[user] as number] as number;
      return { ...part, data: { ...part.data, positives: withEntry(part.data.positives, user, column) } };
    });
    await expect(assertNoLeak(planted)).rejects.toThrow(/positives of user/);
  });

  it('catches a vocabulary that holds an item of test only', async () => {
    const snapshot = await snapshotOf();
    const planted = withPart(snapshot, 'select', (part) => ({ ...part, items: [...part.items, 'late' as ItemId] }));
    expect((await snapshot.part('select')).items).not.toContain('late');
    await expect(assertNoLeak(planted)).rejects.toThrow(/vocabulary holds item late/);
  });

  it('catches a popularity that counts test', async () => {
    const snapshot = await snapshotOf();
    const planted = withPart(snapshot, 'evaluate', (part) => {
      const held = columnDegrees((part.heldOut as NonNullable<typeof part.heldOut>).items);
      const itemPopularity = part.statistics.itemPopularity.map((count, item) => count + (held[item] as number));
      return { ...part, statistics: { ...part.statistics, itemPopularity } };
    });
    await expect(assertNoLeak(planted)).rejects.toThrow(/item popularity differ/);
  });

  it('catches an end time, weights and held-out items that are not the part’s own', async () => {
    const snapshot = await snapshotOf();
    const { endTimeMs, weights } = (await snapshot.part('serve')).data;
    const late = withPart(snapshot, 'evaluate', (part) => ({ ...part, data: { ...part.data, endTimeMs } }));
    await expect(assertNoLeak(late)).rejects.toThrow(/end time/);
    const weighed = withPart(snapshot, 'evaluate', (part) => ({ ...part, data: { ...part.data, weights } }));
    await expect(assertNoLeak(weighed)).rejects.toThrow(/weights/);
    const emptied = withPart(snapshot, 'evaluate', (part) => ({ ...part, heldOut: undefined }));
    await expect(assertNoLeak(emptied)).rejects.toThrow(/held-out/);
  });

  it('catches a user mean that counts held-out ratings', async () => {
    const ratings: Short[] = [3, 3, 3, 3, 5, 5, 5, 5].map((stars, day) => ['u', `i${day}`, 'rating', day, stars]);
    const settings: PairSettingsInput = {
      rating: { rule: 'user-mean' },
      split: { kind: 'time', validation: { fraction: 0 }, test: { fraction: 0.5 } },
    };
    const snapshot = await buildSnapshotInMemory(batch(...ratings), settings);
    const part = await snapshot.part('evaluate');
    // With the mean of all eight (4) no training rating would be positive.
    expect(part.data.positives.columns.length).toBe(4);
    expect([...(part.heldOut?.unknownItems ?? [])]).toEqual([4]);
  });
});
