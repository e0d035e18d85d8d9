import { describe, expect, it } from 'vitest';
import { syntheticShop, validateEvent } from '../src/index.js';
import { codeOf, NOW_MS } from './written.js';

const OPTIONS = { users: 300, items: 120, events: 20_000, seed: 7 };
const shop = syntheticShop(OPTIONS);
const { truth } = shop;
const ofType = (type: string) => shop.events.filter((event) => event.type === type);
const isFavourite = ({ userId, itemId }: { userId: string; itemId: string }) =>
  truth.favouritesOfSegment[truth.segmentOfUser.get(userId) as number]?.includes(
    truth.categoryOfItem.get(itemId) as string,
  ) === true;
const share = <T>(values: readonly T[], test: (value: T) => boolean) => values.filter(test).length / values.length;

describe('syntheticShop', () => {
  it('is the same for the same options and another for another seed', () => {
    expect(syntheticShop(OPTIONS)).toEqual(shop);
    expect(syntheticShop({ ...OPTIONS, seed: 8 }).events.slice(0, 50)).not.toEqual(shop.events.slice(0, 50));
  });

  it('has exactly the counts asked for; every user did something', () => {
    expect([shop.events.length, shop.items.length]).toEqual([20_000, 120]);
    expect(new Set(shop.events.map((event) => event.userId)).size).toBe(300);
    expect(syntheticShop({ ...OPTIONS, users: 50, events: 50 }).truth.segmentOfUser.size).toBe(50);
    const tight = syntheticShop({ ...OPTIONS, users: 50, events: 50 });
    expect(new Set(tight.events.map((event) => event.userId)).size).toBe(50);
  });

  it('consists of valid events with own ids, in the order of time', () => {
    const ids = new Set(shop.events.map((event) => event.id));
    expect(ids.size).toBe(shop.events.length);
    for (const [index, event] of shop.events.entries()) {
      expect(event.timeMs).toBeGreaterThanOrEqual(shop.events[index - 1]?.timeMs ?? 0);
      expect(validateEvent({ ...event, time: event.timeMs }, NOW_MS)).toEqual({ kind: 'event', event });
    }
  });

  it('has titles that a person can read, each once, and prices', () => {
    expect(new Set(shop.items.map((item) => item.title)).size).toBe(shop.items.length);
    for (const item of shop.items)
      expect(item).toMatchObject({
        title: expect.stringMatching(/^[A-Z][\w' -]+ [A-Z]\w+/),
        price: expect.any(Number),
      });
    const many = syntheticShop({ ...OPTIONS, items: 1200 }).items;
    expect(new Set(many.map((item) => item.title)).size).toBeGreaterThan(1150);
  });

  it('plants segments: most views go to the segment’s two categories', () => {
    const expected = truth.favouriteShare + (1 - truth.favouriteShare) / 6;
    expect(share(ofType('view'), isFavourite)).toBeCloseTo(expected, 1);
    expect(new Set(truth.favouritesOfSegment.flat()).size).toBe(12);
  });

  it('plants skewed popularity: the top tenth of the items takes far more than a tenth', () => {
    const counts = new Map<string, number>();
    for (const { itemId } of shop.events) counts.set(itemId, (counts.get(itemId) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    const top = sorted.slice(0, 12).reduce((sum, count) => sum + count, 0);
    expect(top / shop.events.length).toBeGreaterThan(0.25);
  });

  it('plants a trend: the rising category gains, and there is more going on towards the end', () => {
    const half = Math.floor((Date.UTC(2026, 0, 1) - 90 * 86_400_000) as number);
    const [early, late] = [
      ofType('view').filter((e) => (e.timeMs ?? 0) < half),
      ofType('view').filter((e) => (e.timeMs ?? 0) >= half),
    ];
    const rising = (event: { itemId: string }) => truth.categoryOfItem.get(event.itemId) === truth.risingCategory;
    expect(share(late, rising)).toBeGreaterThan(share(early, rising) * 1.15);
    expect(late.length).toBeGreaterThan(early.length * 1.2);
  });

  it('plants a funnel with returns, and repeat purchases of consumables only', () => {
    const counts = ['view', 'cart', 'purchase', 'return'].map((type) => ofType(type).length);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(counts[3]).toBeGreaterThan(50);
    const bought = new Map<string, number>();
    for (const { userId, itemId } of ofType('purchase'))
      bought.set(`${userId} ${itemId}`, (bought.get(`${userId} ${itemId}`) ?? 0) + 1);
    const repeated = (consumable: boolean) => {
      const pairs = [...bought].filter(
        ([pair]) =>
          truth.consumables.includes(truth.categoryOfItem.get(pair.split(' ')[1] as string) as string) === consumable,
      );
      return share(pairs, ([, count]) => count > 1);
    };
    expect(repeated(true)).toBeGreaterThan(repeated(false) * 1.5);
  });

  it('refuses counts that make no shop', async () => {
    for (const bad of [{ users: 0 }, { items: 5 }, { events: 10 }, { users: 1.5 }]) {
      expect(await codeOf(() => syntheticShop({ ...OPTIONS, ...bad }))).toBe('USAGE');
    }
  });
});
