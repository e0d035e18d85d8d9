import { hasEntry, type SparseMatrix } from '@kindred/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertNoLeak,
  buildSnapshotInMemory,
  type EventLog,
  PART_NAMES,
  type PairSettingsInput,
  type PartName,
  type Snapshot,
  type SnapshotPart,
} from '../src/index.js';
import { batch, type Short } from './event-fixture.js';

const TYPES = ['view', 'click', 'cart', 'purchase', 'rating', 'like', 'dislike', 'return', 'impression', 'own'];

const event = fc.tuple(
  fc.nat(5).map((k) => `u${k}`),
  fc.nat(7).map((k) => `i${k}`),
  fc.constantFrom(...TYPES),
  fc.nat(30),
  fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
);
const logs: fc.Arbitrary<Short[]> = fc
  .tuple(fc.array(event, { minLength: 5, maxLength: 60 }), fc.boolean())
  .map(([events, timed]) => (timed ? events : events.map(([u, i, t, , v]): Short => [u, i, t, undefined, v])));
const inputs: fc.Arbitrary<PairSettingsInput> = fc.record({
  split: fc.constantFrom<PairSettingsInput['split'][]>(
    { kind: 'auto' },
    { kind: 'random', test: { fraction: 0.3 }, validation: { fraction: 0.2 } },
    { kind: 'last' },
    { kind: 'time', test: { days: 4 }, validation: { fraction: 0.2 } },
  ),
  rating: fc.record({ rule: fc.constantFrom('threshold', 'user-mean', 'all-positive') }),
  returns: fc.constantFrom('withdraw', 'negative', 'ignore'),
  seed: fc.nat(1000),
});

/** The snapshot, or undefined where the log does not allow it (said by a known code). */
async function trySnapshot(events: readonly Short[], input: PairSettingsInput): Promise<Snapshot | undefined> {
  try {
    const snapshot = await buildSnapshotInMemory(batch(...events), input);
    for (const name of PART_NAMES) await snapshot.part(name);
    return snapshot;
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(DATA_EMPTY|SPLIT_INVALID)$/) });
    return undefined;
  }
}

async function partsOf(snapshot: Snapshot): Promise<SnapshotPart[]> {
  return Promise.all(PART_NAMES.map((name) => snapshot.part(name)));
}

function expectSoundMatrix(matrix: SparseMatrix): void {
  expect(matrix.offsets[matrix.rowCount]).toBe(matrix.columns.length);
  expect(matrix.values.length).toBe(matrix.columns.length);
  for (let row = 0; row < matrix.rowCount; row++) {
    for (let k = (matrix.offsets[row] as number) + 1; k < (matrix.offsets[row + 1] as number); k++) {
      expect(matrix.columns[k] as number).toBeGreaterThan(matrix.columns[k - 1] as number);
    }
  }
}

const TRAINING: Record<PartName, number[]> = { select: [0], evaluate: [0, 1], serve: [0, 1, 2] };

function expectSoundPart(part: SnapshotPart, log: EventLog): void {
  const { positives, negatives, weights, times, endTimeMs } = part.data;
  expectSoundMatrix(positives);
  expectSoundMatrix(negatives);
  expect(positives.values.every((strength) => strength > 0)).toBe(true);
  expect(weights.every((weight, k) => weight > 0 && weight <= (positives.values[k] as number))).toBe(true);
  expect(negatives.values.every((weight) => weight > 0)).toBe(true);
  for (let user = 0; user < negatives.rowCount; user++) {
    for (let k = negatives.offsets[user] as number; k < (negatives.offsets[user + 1] as number); k++) {
      expect(hasEntry(positives, user, negatives.columns[k] as number)).toBe(false);
    }
  }
  expect(part.statistics.userActivity.every((count) => count > 0)).toBe(true);
  expect(part.statistics.itemPopularity.every((count) => count > 0)).toBe(true);
  const trained = log.set.filter((set) => TRAINING[part.name].includes(set)).length;
  expect(part.statistics.eventCount).toBe(trained);
  if (times !== undefined) expect(times.every((time) => time <= (endTimeMs as number))).toBe(true);
  for (const user of part.newUsers) expect(part.users).not.toContain(user.userId);
}

describe('snapshots of random logs', () => {
  it('keep every promise of the training data, add up and do not leak', async () => {
    let built = 0;
    await fc.assert(
      fc.asyncProperty(logs, inputs, async (events, input) => {
        const snapshot = await trySnapshot(events, input);
        if (snapshot === undefined) return;
        built += 1;
        const log = await snapshot.events();
        const { eventsBySet, events: total, eventsByType } = snapshot.summary.counts;
        expect(total).toBe(events.length);
        expect(eventsBySet.train + eventsBySet.validation + eventsBySet.test).toBe(total);
        expect(Object.values(eventsByType).reduce((a, b) => a + b)).toBe(total);
        for (const part of await partsOf(snapshot)) expectSoundPart(part, log);
        await assertNoLeak(snapshot);
      }),
      { numRuns: 150, seed: 21 },
    );
    expect(built).toBeGreaterThan(60);
  });

  it('do not depend on the order of the events', async () => {
    const cases = logs.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }), inputs),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([events, shuffled, input]) => {
        const one = await trySnapshot(events, input);
        const other = await trySnapshot(shuffled, input);
        expect(other?.summary).toEqual(one?.summary);
        if (one !== undefined && other !== undefined) expect(await partsOf(other)).toEqual(await partsOf(one));
      }),
      { numRuns: 80, seed: 22 },
    );
  });

  it('hold out of a user only what a held-out event of theirs says', async () => {
    await fc.assert(
      fc.asyncProperty(logs, inputs, async (events, input) => {
        const snapshot = await trySnapshot(events, input);
        if (snapshot === undefined) return;
        const log = await snapshot.events();
        for (const [name, set] of [
          ['select', 1],
          ['evaluate', 2],
        ] as const) {
          const part = await snapshot.part(name);
          const pairs = new Set<string>();
          log.set.forEach((of, row) => {
            if (of === set) pairs.add(`${log.users[log.user[row] as number]} ${log.items[log.item[row] as number]}`);
          });
          expect(part.heldOut === undefined).toBe(pairs.size === 0);
          let held = 0;
          part.users.forEach((userId, user) => {
            const items = part.heldOut?.items;
            for (let k = items?.offsets[user] ?? 0; k < (items?.offsets[user + 1] ?? 0); k++) {
              expect(pairs.has(`${userId} ${part.items[items?.columns[k] as number]}`)).toBe(true);
              held += 1;
            }
            held += part.heldOut?.unknownItems[user] ?? 0;
          });
          for (const user of part.newUsers) held += user.items.length + user.unknownItems;
          expect(held).toBeLessThanOrEqual(pairs.size);
        }
      }),
      { numRuns: 80, seed: 23 },
    );
  });
});
