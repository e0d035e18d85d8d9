import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEntry } from '@kindred/domain';
import { describe, expect } from 'vitest';
import {
  assertNoLeak,
  buildSnapshotInMemory,
  createSnapshot,
  readSnapshot,
  type SnapshotPart,
  testShareDispersion,
} from '../src/index.js';
import { itOn, readEvents } from './datasets.js';

function usersWithHeldOut(part: SnapshotPart, counts: (user: number) => boolean): number {
  return part.users.filter((_, user) => counts(user)).length;
}

function heldOutOf(part: SnapshotPart, user: number): { known: Uint32Array; unknown: number } {
  const { items, unknownItems } = part.heldOut as NonNullable<typeof part.heldOut>;
  return {
    known: items.columns.subarray(items.offsets[user], items.offsets[user + 1]),
    unknown: unknownItems[user] as number,
  };
}

function hasSomethingHeldOut(part: SnapshotPart, user: number): boolean {
  const { known, unknown } = heldOutOf(part, user);
  return known.length + unknown > 0;
}

describe('figures measured beforehand', () => {
  itOn(['movielens-100k/interactions.tsv.gz'], 'movielens-100k by time: 90 warm test users of 166', async () => {
    const events = readEvents('movielens-100k/interactions.tsv.gz', 'rating', 'rating');
    const snapshot = await buildSnapshotInMemory([events], { rating: { rule: 'all-positive' } });
    expect(snapshot.summary.split.kind).toBe('time');
    expect(snapshot.summary.counts.eventsBySet).toEqual({ train: 79_999, validation: 10_001, test: 10_000 });
    const part = await snapshot.part('evaluate');
    const warm = usersWithHeldOut(part, (user) => hasSomethingHeldOut(part, user));
    expect(warm).toBe(90);
    expect(warm + part.newUsers.length).toBe(166);
    expect(part.data.positives.columns.length).toBe(90_000);
    await assertNoLeak(snapshot);
  });

  itOn(
    ['uci-online-retail/interactions.tsv.gz'],
    'uci last 28 days: 1,551 users, 1,318 known, 1,212 with something new',
    async () => {
      const events = readEvents('uci-online-retail/interactions.tsv.gz', 'purchase', 'quantity');
      const dir = await mkdtemp(join(tmpdir(), 'kindred-pairs-'));
      try {
        const split = { kind: 'time', validation: { days: 28 }, test: { days: 28 } } as const;
        const manifest = await createSnapshot([events], { split }, dir);
        expect(manifest.parts.evaluate).toMatchObject({ heldOutUsers: 1_318, newUsers: 1_551 - 1_318 });
        const snapshot = await readSnapshot(join(dir, manifest.snapshotId));
        const part = await snapshot.part('evaluate');
        const withNew = usersWithHeldOut(part, (user) => {
          const { known, unknown } = heldOutOf(part, user);
          return unknown > 0 || known.some((item) => !hasEntry(part.data.positives, user, item));
        });
        expect(withNew).toBe(1_212);
        const serve = await snapshot.part('serve');
        expect(serve.data.positives.columns.length).toBe(266_221);
        expect(serve.heldOut).toBeUndefined();
      } finally {
        await rm(dir, { recursive: true });
      }
    },
  );

  for (const { name, dispersion, within } of [
    { name: 'gowalla-lightgcn', dispersion: 2.7, within: 2.6 },
    { name: 'lastfm-lightgcn', dispersion: 1.1, within: 1.1 },
  ]) {
    itOn([`${name}/train.tsv.gz`], `${name}: dispersion of the published test part is ${dispersion}`, async () => {
      const train = readEvents(`${name}/train.tsv.gz`, 'view');
      const test = readEvents(`${name}/test.tsv.gz`, 'view');
      const sets = { train: [train], test: [test] };
      const snapshot = await buildSnapshotInMemory(sets, { split: { validation: { fraction: 0 } } });
      const measured = testShareDispersion(await snapshot.part('evaluate'));
      expect(measured.dispersion).toBeCloseTo(dispersion, 1);
      expect(measured.dispersionWithinUsers).toBeCloseTo(within, 1);
    });
  }
});
