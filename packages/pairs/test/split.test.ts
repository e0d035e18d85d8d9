import { describe, expect, it } from 'vitest';
import { buildSnapshotInMemory, type EventLog, type PairSettingsInput, SET_NAMES } from '../src/index.js';
import { batch, NOTHING_HELD_OUT, type Short } from './event-fixture.js';

async function setsOf(events: readonly Short[], split: PairSettingsInput['split'], seed = 1) {
  const snapshot = await buildSnapshotInMemory(batch(...events), { split, seed });
  return describeSets(await snapshot.events());
}

/** Items of each set as `user/item`, in log order. */
function describeSets(log: EventLog): Record<string, string[]> {
  const sets: Record<string, string[]> = { train: [], validation: [], test: [] };
  log.set.forEach((set, row) => {
    const name = `${log.users[log.user[row] as number]}/${log.items[log.item[row] as number]}`;
    sets[SET_NAMES[set] as string]?.push(name);
  });
  return sets;
}

const TEN_DAYS: Short[] = Array.from({ length: 10 }, (_, day) => ['u', `i${day}`, 'view', day]);

describe('time split', () => {
  it('cuts by share of the events, .8 / .1 / .1 by default', async () => {
    const sets = await setsOf(TEN_DAYS, undefined);
    expect(sets).toMatchObject({ validation: ['u/i8'], test: ['u/i9'] });
    expect(sets.train).toHaveLength(8);
  });

  it('cuts by days before the newest event', async () => {
    const sets = await setsOf(TEN_DAYS, { kind: 'time', validation: { days: 3 }, test: { days: 2 } });
    expect(sets).toMatchObject({ validation: ['u/i4', 'u/i5', 'u/i6'], test: ['u/i7', 'u/i8', 'u/i9'] });
  });

  it('mixes days and shares, and takes 0 for nothing', async () => {
    const mixed = await setsOf(TEN_DAYS, { kind: 'time', validation: { fraction: 0.2 }, test: { days: 2 } });
    expect(mixed).toMatchObject({ validation: ['u/i5', 'u/i6'], test: ['u/i7', 'u/i8', 'u/i9'] });
    const testOnly = await setsOf(TEN_DAYS, { kind: 'time', validation: { days: 0 }, test: { fraction: 0.1 } });
    expect(testOnly).toMatchObject({ validation: [], test: ['u/i9'] });
    const validationOnly = await setsOf(TEN_DAYS, { kind: 'time', validation: { days: 1 }, test: { days: 0 } });
    expect(validationOnly).toMatchObject({ validation: ['u/i8', 'u/i9'], test: [] });
  });

  it('keeps all events of one instant on the later side of the boundary', async () => {
    const events: Short[] = [
      ...TEN_DAYS.slice(0, 8),
      ['u', 'x', 'view', 8],
      ['v', 'x', 'view', 8],
      ['w', 'x', 'view', 8],
    ];
    const sets = await setsOf(events, { kind: 'time', validation: { fraction: 0 }, test: { fraction: 0.1 } });
    expect(sets.test).toEqual(['u/x', 'v/x', 'w/x']);
  });

  it('refuses a log that leaves train empty', async () => {
    const events: Short[] = [
      ['u', 'a', 'view', 0],
      ['v', 'a', 'view', 0],
    ];
    const snapshot = await buildSnapshotInMemory(batch(...events), { split: { kind: 'time' } });
    await expect(snapshot.part('select')).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      message: expect.stringContaining('validation and test take all 2 events'),
    });
  });

  it('is not made by itself where all events bear one time', async () => {
    const events: Short[] = Array.from({ length: 40 }, (_, k) => [`u${k % 4}`, `i${k % 10}`, 'view', 0]);
    const snapshot = await buildSnapshotInMemory(batch(...events));
    expect(snapshot.summary.split.kind).toBe('random');
    expect((await snapshot.part('select')).users).toHaveLength(4);
  });

  it('says what a log without anything positive holds instead', async () => {
    const events: Short[] = [
      ['u', 'a', 'return', 0],
      ['u', 'b', 'rating', 1, 1],
      ['v', 'a', 'return', 2],
    ];
    const snapshot = await buildSnapshotInMemory(batch(...events), NOTHING_HELD_OUT);
    await expect(snapshot.part('serve')).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      message: expect.stringContaining('2 return, 1 rating'),
    });
  });

  it('refuses days, time and last where there are no times, and falls back to random by itself', async () => {
    const untimed: Short[] = [
      ['u', 'a', 'view'],
      ['u', 'b', 'view'],
    ];
    for (const split of [{ kind: 'time' }, { kind: 'last' }, { kind: 'auto', test: { days: 3 } }] as const) {
      await expect(setsOf(untimed, split)).rejects.toMatchObject({ code: 'SPLIT_INVALID' });
    }
    const snapshot = await buildSnapshotInMemory(batch(...untimed));
    expect(snapshot.summary.split.kind).toBe('random');
  });
});

describe('leave-last-out', () => {
  it('holds out the two newest items of each user with all their events', async () => {
    const events: Short[] = [
      ['u', 'a', 'view', 0],
      ['u', 'c', 'view', 1],
      ['u', 'b', 'view', 2],
      ['u', 'c', 'purchase', 3],
      ['u', 'd', 'impression', 4],
      ['v', 'a', 'view', 0],
      ['v', 'b', 'view', 9],
      ['w', 'a', 'view', 5],
    ];
    expect(await setsOf(events, { kind: 'last' })).toEqual({
      train: ['u/a', 'v/a', 'w/a'],
      validation: ['u/b'],
      test: ['u/c', 'u/c', 'u/d', 'v/b'],
    });
  });
});

describe('random split', () => {
  const events: Short[] = Array.from({ length: 400 }, (_, k) => [`u${k % 20}`, `i${Math.floor(k / 20)}`, 'view']);

  it('takes the asked share of each user, by seed, and keeps the events of a pair together', async () => {
    const twice = [...events, ...events];
    const split = { kind: 'random', validation: { fraction: 0.1 }, test: { fraction: 0.2 } } as const;
    const first = await setsOf(twice, split, 3);
    expect(first.test).toHaveLength(2 * 80);
    expect(first.validation).toHaveLength(2 * 40);
    expect(new Set(first.test).size).toBe(80);
    expect(await setsOf(twice, split, 3)).toEqual(first);
    expect(await setsOf(twice, split, 4)).not.toEqual(first);
  });

  it('rounds shares of users of few items by lot, so that the total comes out right', async () => {
    const sparse: Short[] = Array.from({ length: 3000 }, (_, k) => [`u${k % 1000}`, `i${k}`, 'view']);
    const sets = await setsOf(sparse, { kind: 'random', validation: { fraction: 0 }, test: { fraction: 0.1 } });
    // 1,000 users of 3 items: 300 expected, standard deviation sqrt(1000 x .3 x .7) = 14.5.
    expect(Math.abs((sets.test?.length ?? 0) - 300)).toBeLessThan(58);
  });

  it('is not changed for the others by a new user', async () => {
    const split = { kind: 'random' } as const;
    const before = await setsOf(events, split);
    const after = await setsOf([...events, ['newcomer', 'i1', 'view'], ['newcomer', 'i2', 'view']], split);
    const others = (names: string[] | undefined) => names?.filter((name) => !name.startsWith('newcomer'));
    expect(others(after.test)).toEqual(before.test);
  });

  it('never takes the only item of a user', async () => {
    const single: Short[] = Array.from({ length: 200 }, (_, k) => [`u${k}`, 'a', 'view']);
    const sets = await setsOf(single, { kind: 'random', validation: { fraction: 0.3 }, test: { fraction: 0.6 } });
    expect(sets.train).toHaveLength(200);
  });
});

describe('given split', () => {
  const train = batch(['u', 'a', 'view', 0], ['u', 'b', 'view', 1], ['v', 'a', 'view', 8], ['v', 'c', 'view', 9]);
  const test = batch(['u', 'c', 'view', 3], ['x', 'a', 'view', 3], ['x', 'z', 'view', 3], ['v', 'z', 'view', 3]);

  it('keeps the sets, and carves validation out of the end of train', async () => {
    const snapshot = await buildSnapshotInMemory({ train, test }, { split: { validation: { fraction: 0.25 } } });
    expect(snapshot.summary.split).toMatchObject({ kind: 'given', carved: 'time' });
    expect(describeSets(await snapshot.events())).toEqual({
      train: ['u/a', 'u/b', 'v/a'],
      validation: ['v/c'],
      test: ['u/c', 'v/z', 'x/a', 'x/z'],
    });
    const part = await snapshot.part('evaluate');
    expect(part.items).toEqual(['a', 'b', 'c']);
    expect([...(part.heldOut?.items.offsets ?? [])]).toEqual([0, 1, 1]);
    expect([...(part.heldOut?.unknownItems ?? [])]).toEqual([0, 1]);
    expect(part.newUsers).toEqual([{ userId: 'x', items: Uint32Array.of(0), unknownItems: 1 }]);
  });

  it('carves the last item of the strongest kind of each user where the test holds one item of each', async () => {
    const shop = batch(
      ...(['u', 'v'] as const).flatMap((user, shift): Short[] => [
        [user, 'a', 'purchase', shift],
        [user, 'b', 'view', 1 + shift],
        [user, 'b', 'purchase', 2 + shift],
        [user, 'c', 'cart', 3 + shift],
        [user, 'd', 'view', 4 + shift],
      ]),
      ['w', 'a', 'view', 2],
      ['x', 'a', 'view', 2],
      ['x', 'b', 'view', 3],
    );
    const single = batch(['u', 'z', 'view'], ['v', 'y', 'view'], ['w', 'b', 'view']);
    const snapshot = await buildSnapshotInMemory({ train: shop, test: single });
    expect(snapshot.summary.split.carved).toBe('last');
    const sets = describeSets(await snapshot.events());
    // What came after the held-out item stays, as it does beside such a test; who has one item keeps it.
    expect([...(sets.validation ?? [])].sort()).toEqual(['u/b', 'u/b', 'v/b', 'v/b', 'x/b']);
    expect(new Set(sets.train)).toEqual(new Set(['u/a', 'v/a', 'u/c', 'v/c', 'u/d', 'v/d', 'w/a', 'x/a']));
    // A test that lies wholly after train is the future: validation is the end of train.
    const later = batch(['u', 'z', 'view', 30], ['v', 'y', 'view', 31], ['w', 'b', 'view', 32]);
    expect((await buildSnapshotInMemory({ train: shop, test: later })).summary.split.carved).toBe('time');
  });

  it('keeps a validation set that is handed in, and carves by lot where train has no times', async () => {
    const handed = await buildSnapshotInMemory({ train, validation: batch(['u', 'z', 'view', 2]), test });
    expect(describeSets(await handed.events()).validation).toEqual(['u/z']);
    const untimed = batch(...Array.from({ length: 50 }, (_, k): Short => ['u', `i${k}`, 'view']));
    const carved = await buildSnapshotInMemory({ train: untimed, test }, { split: { validation: { fraction: 0.2 } } });
    expect(carved.summary.split.carved).toBe('random');
    expect(carved.summary.counts.eventsBySet.validation).toBe(10);
    expect((await carved.part('select')).data.times).toBeUndefined();
  });

  it('carves by lot where all of train bears one time: no end of it could be cut off', async () => {
    const dated = batch(...Array.from({ length: 50 }, (_, k): Short => ['u', `i${k}`, 'view', 7]));
    const carved = await buildSnapshotInMemory({ train: dated, test }, { split: { validation: { fraction: 0.2 } } });
    expect(carved.summary.split.carved).toBe('random');
    expect(carved.summary.counts.eventsBySet).toMatchObject({ train: 40, validation: 10 });
  });

  it('keeps held-out pairs that training has: repeat purchases are the evaluator’s choice', async () => {
    const again = { train, test: batch(['u', 'a', 'purchase', 20]) };
    const part = await (await buildSnapshotInMemory(again, { split: { validation: { fraction: 0 } } })).part(
      'evaluate',
    );
    expect([...(part.heldOut?.items.columns ?? [])]).toEqual([0]);
    expect(part.data.positives.values[0]).toBe(1);
  });

  it('refuses a test event that stands in train, and sets that do not fit the kind', async () => {
    await expect(buildSnapshotInMemory({ train, test: train })).rejects.toMatchObject({ code: 'SPLIT_LEAK' });
    await expect(buildSnapshotInMemory({ train, test }, { split: { kind: 'last' } })).rejects.toMatchObject({
      code: 'SPLIT_INVALID',
    });
    await expect(buildSnapshotInMemory(train, { split: { kind: 'given' } })).rejects.toMatchObject({
      code: 'SPLIT_INVALID',
    });
  });
});
