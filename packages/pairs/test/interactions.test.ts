import { describe, expect, it } from 'vitest';
import { collectEvents } from '../src/event-log.js';
import { buildSnapshotInMemory, type PairSettingsInput, resolvePairSettings } from '../src/index.js';
import { interactionsOf, RatingMeans } from '../src/interactions.js';
import { groupPairs } from '../src/pair-groups.js';
import { batch, DAY_MS, NOTHING_HELD_OUT, type Short, START_MS } from './event-fixture.js';

/** Signed strength of each pair, as `user/item`. */
async function strengthsOf(events: readonly Short[], input: PairSettingsInput = {}): Promise<Record<string, number>> {
  const log = await collectEvents(batch(...events));
  const groups = groupPairs(log, () => true);
  const result = interactionsOf(log, groups, resolvePairSettings(input), new RatingMeans(log, groups));
  const entries = Array.from(result.signedStrength, (strength, k) => {
    const name = `${log.users[result.user[k] as number]}/${log.items[result.item[k] as number]}`;
    return [name, Math.round(strength * 1e4) / 1e4];
  });
  return Object.fromEntries(entries);
}

describe('strengths', () => {
  it('adds one event of each type by the table, own types included', async () => {
    const events: Short[] = ['view', 'click', 'cart', 'purchase', 'like', 'bookmark'].map((type, k) => [
      'u',
      type,
      type,
      k,
    ]);
    expect(await strengthsOf(events)).toEqual({
      'u/view': 1,
      'u/click': 1,
      'u/cart': 2,
      'u/purchase': 3,
      'u/like': 3,
      'u/bookmark': 1,
    });
  });

  it('takes the table, the other strength and 0 for ignored types from the settings', async () => {
    const events: Short[] = [
      ['u', 'a', 'view', 0],
      ['u', 'b', 'bookmark', 1],
      ['u', 'c', 'cart', 2],
    ];
    expect(await strengthsOf(events, { strengths: { view: 0 }, otherStrength: 5 })).toEqual({ 'u/b': 5, 'u/c': 2 });
  });

  it('takes a type for its name alone, also where every object has something of that name', async () => {
    for (const type of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const events: Short[] = [
        ['u', 'a', 'purchase', 0],
        ['u', 'a', type, 0],
        ['u', 'a', 'dislike', -1],
      ];
      expect(await strengthsOf(events)).toEqual({ 'u/a': 4 });
      const strengths = Object.fromEntries([[type, 7]]);
      expect(await strengthsOf(events, { strengths })).toEqual({ 'u/a': 10 });
    }
  });

  it('diminishes repeats of a type: the k-th adds strength / k; other types count from one again', async () => {
    const events: Short[] = [
      ['u', 'a', 'view', 0],
      ['u', 'a', 'view', 1],
      ['u', 'a', 'view', 2],
      ['u', 'a', 'purchase', 3],
    ];
    expect(await strengthsOf(events)).toEqual({ 'u/a': 4.8333 });
    expect(await strengthsOf(events, { repeatExponent: 0 })).toEqual({ 'u/a': 6 });
    expect(await strengthsOf(events, { repeatExponent: 0.5 })).toEqual({ 'u/a': 5.2845 });
  });
});

describe('ratings', () => {
  const events: Short[] = [1, 2, 3, 4, 5].map((stars) => ['u', `i${stars}`, 'rating', stars, stars]);

  it('threshold: 4 and up positive, 2 and down negative, 3 nothing', async () => {
    expect(await strengthsOf(events)).toEqual({ 'u/i1': -1, 'u/i2': -1, 'u/i4': 3, 'u/i5': 3 });
  });

  it('user-mean: at or above the mean positive, more than the margin below it negative', async () => {
    const found = await strengthsOf(events, { rating: { rule: 'user-mean' } });
    expect(found).toEqual({ 'u/i1': -1, 'u/i3': 3, 'u/i4': 3, 'u/i5': 3 });
  });

  it('all-positive: every rating, whatever its value', async () => {
    const found = await strengthsOf([...events, ['u', 'i6', 'rating', 6]], { rating: { rule: 'all-positive' } });
    expect(Object.values(found)).toEqual([3, 3, 3, 3, 3, 3]);
  });

  it('says nothing where a rating has no value', async () => {
    expect(
      await strengthsOf([
        ['u', 'a', 'rating', 0],
        ['u', 'b', 'view', 0],
      ]),
    ).toEqual({ 'u/b': 1 });
  });
});

describe('returns', () => {
  const bought: Short = ['u', 'a', 'purchase', 0, 10];

  it('of all units leaves an explicit negative, of fewer keeps the purchase', async () => {
    expect(await strengthsOf([bought, ['u', 'a', 'return', 1, -10]])).toEqual({ 'u/a': -1 });
    expect(await strengthsOf([bought, ['u', 'a', 'return', 1, 12]])).toEqual({ 'u/a': -1 });
    expect(await strengthsOf([bought, ['u', 'a', 'return', 1, -9]])).toEqual({ 'u/a': 3 });
    expect(await strengthsOf([bought, ['u', 'a', 'return', 1, -4], ['u', 'a', 'return', 2, -6]])).toEqual({
      'u/a': -1,
    });
  });

  it('undoes the newest purchase first', async () => {
    const again: Short = ['u', 'a', 'purchase', 1, 5];
    expect(await strengthsOf([bought, again])).toEqual({ 'u/a': 4.5 });
    expect(await strengthsOf([bought, again, ['u', 'a', 'return', 2, 5]])).toEqual({ 'u/a': 3 });
    expect(await strengthsOf([bought, again, ['u', 'a', 'return', 2, 15]])).toEqual({ 'u/a': -1 });
  });

  it('of weighed goods is not thrown off by rounding', async () => {
    const events: Short[] = [
      ['u', 'a', 'purchase', 0, 0.1],
      ['u', 'a', 'purchase', 1, 0.2],
      ['u', 'a', 'return', 2, 0.3],
    ];
    expect(await strengthsOf(events)).toEqual({ 'u/a': -1 });
  });

  it('without a known purchase is an explicit negative; without values one unit is meant', async () => {
    expect(await strengthsOf([['u', 'a', 'return', 0, 1]])).toEqual({ 'u/a': -1 });
    expect(
      await strengthsOf([
        ['u', 'a', 'purchase', 0],
        ['u', 'a', 'return', 1],
      ]),
    ).toEqual({ 'u/a': -1 });
  });

  it('counts as a negative whatever its units, or not at all, by setting', async () => {
    const events: Short[] = [bought, ['u', 'a', 'return', 1, 1]];
    expect(await strengthsOf(events, { returns: 'negative' })).toEqual({ 'u/a': -1 });
    expect(await strengthsOf([bought, ['u', 'a', 'return', 1, 10]], { returns: 'ignore' })).toEqual({ 'u/a': 3 });
  });

  it('is overturned by buying again, not by looking again', async () => {
    const returned: Short[] = [bought, ['u', 'a', 'return', 1, 10]];
    expect(await strengthsOf([...returned, ['u', 'a', 'view', 2]])).toEqual({ 'u/a': -1 });
    expect(await strengthsOf([...returned, ['u', 'a', 'purchase', 2, 1]])).toEqual({ 'u/a': 3 });
  });
});

describe('other negatives', () => {
  it('a dislike takes back what came before it, and wins at the same instant and without times', async () => {
    expect(
      await strengthsOf([
        ['u', 'a', 'purchase', 0],
        ['u', 'a', 'dislike', 1],
      ]),
    ).toEqual({ 'u/a': -1 });
    expect(
      await strengthsOf([
        ['u', 'a', 'dislike', 0],
        ['u', 'a', 'like', 0],
      ]),
    ).toEqual({ 'u/a': -1 });
    expect(
      await strengthsOf([
        ['u', 'a', 'dislike'],
        ['u', 'a', 'like'],
      ]),
    ).toEqual({ 'u/a': -1 });
    expect(
      await strengthsOf([
        ['u', 'a', 'dislike', 0],
        ['u', 'a', 'like', 1],
      ]),
    ).toEqual({ 'u/a': 3 });
  });

  it('impressions weigh little, more with repeats, nothing beside a click', async () => {
    const shown: Short = ['u', 'a', 'impression', 0];
    expect(await strengthsOf([shown])).toEqual({ 'u/a': -0.1 });
    expect(await strengthsOf([shown, ['u', 'a', 'impression', 1]])).toEqual({ 'u/a': -0.15 });
    expect(await strengthsOf([shown, ['u', 'a', 'click', 1]])).toEqual({ 'u/a': 1 });
    expect(await strengthsOf([shown], { impressionWeight: 0 })).toEqual({});
  });
});

describe('training data', () => {
  it('decays loss weights, not strengths, by the newest positive event against the newest training event', async () => {
    const events: Short[] = [
      ['u', 'old', 'purchase', 0],
      ['u', 'new', 'view', 60],
      ['v', 'old', 'view', 20],
      ['v', 'new', 'dislike', 60],
    ];
    const snapshot = await buildSnapshotInMemory(batch(...events), NOTHING_HELD_OUT);
    const { users, items, data } = await snapshot.part('serve');
    expect(users).toEqual(['u', 'v']);
    expect(items).toEqual(['new', 'old']);
    expect([...data.positives.values]).toEqual([1, 3, 1]);
    expect([...data.positives.columns]).toEqual([0, 1, 1]);
    expect(data.weights[0]).toBe(1);
    expect(data.weights[1]).toBeCloseTo(1.5, 6);
    expect(data.weights[2]).toBeCloseTo(2 ** (-40 / 60), 6);
    expect([...(data.times ?? [])]).toEqual([START_MS + 60 * DAY_MS, START_MS, START_MS + 20 * DAY_MS]);
    expect(data.endTimeMs).toBe(START_MS + 60 * DAY_MS);
    expect([...data.negatives.offsets]).toEqual([0, 0, 1]);
    expect([...data.negatives.columns]).toEqual([0]);
  });

  it('keeps every weight above 0 in 32 bits, however old', async () => {
    const events: Short[] = [
      ['u', 'old', 'view', 0],
      ['u', 'new', 'view', 20_000],
    ];
    const snapshot = await buildSnapshotInMemory(batch(...events), NOTHING_HELD_OUT);
    const { data } = await snapshot.part('serve');
    expect(data.weights.every((weight) => weight > 0)).toBe(true);
  });

  it('has weights equal to strengths where the log has no times or there is no half-life', async () => {
    const untimed = await buildSnapshotInMemory(batch(['u', 'a', 'cart'], ['u', 'b', 'view']), NOTHING_HELD_OUT);
    const { data } = await untimed.part('serve');
    expect(data.times).toBeUndefined();
    expect(data.endTimeMs).toBeUndefined();
    expect(data.weights).toEqual(data.positives.values);
    const timed = await buildSnapshotInMemory(batch(['u', 'a', 'cart', 0], ['u', 'b', 'view', 99]), {
      ...NOTHING_HELD_OUT,
      halfLifeDays: null,
    });
    expect([...(await timed.part('serve')).data.weights]).toEqual([2, 1]);
  });

  it('leaves users and items without any positive out of the vocabularies', async () => {
    const events: Short[] = [
      ['u', 'a', 'view', 0],
      ['v', 'a', 'dislike', 0],
      ['u', 'b', 'impression', 0],
    ];
    const part = await (await buildSnapshotInMemory(batch(...events), NOTHING_HELD_OUT)).part('serve');
    expect(part.users).toEqual(['u']);
    expect(part.items).toEqual(['a']);
    expect(part.data.negatives.columns.length).toBe(0);
    expect(part.statistics.eventCount).toBe(3);
  });
});
