import {
  eventsResponse,
  recommendationsResponse,
  similarItemsResponse,
  similarUsersResponse,
} from '@kindred/api-schema';
import type { ItemId, UserId } from '@kindred/domain';
import { putItems, storeEventBatch } from '@kindred/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from './expect-problem.js';
import { SHOP, startTestApi, type TestApi, trainedShop } from './shop.js';

let shop: TestApi;
beforeAll(async () => {
  shop = await startTestApi();
});
afterAll(() => shop.close());

const known = SHOP.events[0]?.userId as string;
const everyItem = async () => (await trainedShop()).part.items;

async function recommend(body: object) {
  const answer = await shop.send('POST', '/v1/recommendations', body);
  expect(answer.status, answer.text).toBe(200);
  return recommendationsResponse.strict().parse(answer.body);
}

function idsOf({ items }: { items: readonly { itemId: string }[] }): string[] {
  return items.map((item) => item.itemId);
}

/** What the user has bought, put into the cart or looked at, and not rejected since. */
function itemsWith(userId: string): Set<string> {
  return new Set(SHOP.events.filter((event) => event.userId === userId).map((event) => event.itemId));
}

describe('recommendations', () => {
  test('a known user: as many as asked for, ranked, with titles, nothing seen', async () => {
    const answer = await recommend({ userId: known, limit: 20 });
    expect(answer.source).toBe('user');
    expect(answer.modelId).toBe('model-a');
    expect(answer.items.map((item) => item.rank)).toEqual(Array.from({ length: 20 }, (_, k) => k + 1));
    const scores = answer.items.map((item) => item.score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const titles = new Map(SHOP.items.map((item) => [item.itemId, item.title]));
    for (const item of answer.items) expect(item.title).toBe(titles.get(item.itemId));
    const seen = itemsWith(known);
    expect(idsOf(answer).filter((itemId) => seen.has(itemId))).toEqual([]);
  });

  test('the short form gives what the full form gives', async () => {
    const [first, second] = idsOf(await recommend({ userId: known, limit: 2 }));
    const path = `/v1/users/${encodeURIComponent(known)}/recommendations`;
    const short = await shop.send('GET', `${path}?limit=5&excludeItems=${first},${second}&excludeSeen=false`);
    const full = await recommend({ userId: known, limit: 5, excludeItems: [first, second], excludeSeen: false });
    const parsed = recommendationsResponse.parse(short.body);
    expect(parsed.items).toEqual(full.items);
    expect(parsed.recommendationId).not.toBe(full.recommendationId);
    expect(idsOf(parsed)).not.toContain(first);
    expect(recommendationsResponse.parse((await shop.send('GET', path)).body).items).toHaveLength(10);
  });

  test('excludeSeen false may return what was seen', async () => {
    const total = (await everyItem()).length;
    const all = await recommend({ userId: known, limit: 500, excludeSeen: false });
    const unseen = await recommend({ userId: known, limit: 500 });
    expect(all.items.length).toBeGreaterThan(unseen.items.length);
    expect(all.shortfall).toMatchObject({ asked: 500, returned: all.items.length });
    expect(unseen.shortfall?.because).toContain(`${total} items`);
  });

  test('unknown users and nobody at all get the most popular', async () => {
    const unknown = await recommend({ userId: 'never seen', limit: 7 });
    const nobody = await recommend({ limit: 7 });
    expect(unknown.source).toBe('popular');
    expect(unknown.items).toHaveLength(7);
    expect(unknown.items).toEqual(nobody.items);
  });

  test('an anonymous session is answered by its items, as a user with these clicks is', async () => {
    const session = (await everyItem()).slice(3, 6);
    const answer = await recommend({ history: session, limit: 10 });
    expect(answer.source).toBe('session');
    expect(answer.items).toHaveLength(10);
    expect(session.filter((itemId) => idsOf(answer).includes(itemId))).toEqual([]);
    const events = session.map((itemId) => ({ userId: 'clicker', itemId, type: 'click' }));
    await shop.send('POST', '/v1/events', { events });
    const user = await recommend({ userId: 'clicker', limit: 10 });
    expect(user.source).toBe('user');
    expect(user.items).toEqual(answer.items);
  });

  test('a session of items that the model does not know falls back to popularity', async () => {
    expect((await recommend({ history: ['brand new'] })).source).toBe('popular');
  });

  test('a session adds to the stored events of its user', async () => {
    const before = await recommend({ userId: known, limit: 30 });
    const [extra] = idsOf(before).slice(-1);
    const after = await recommend({ userId: known, limit: 30, history: [extra] });
    expect(after.source).toBe('user');
    expect(idsOf(after)).not.toContain(extra);
    expect(after.items).not.toEqual(before.items);
  });

  test('a new event changes the next answer of that user, and of no other', async () => {
    const other = SHOP.events.find((event) => event.userId !== known)?.userId as string;
    const others = await recommend({ userId: other });
    for (let round = 0; round < 5; round++) {
      const before = await recommend({ userId: 'changing' });
      const [itemId] = idsOf(before).slice(-1);
      const stored = await shop.send('POST', '/v1/events', {
        events: [{ userId: 'changing', itemId, type: 'purchase', id: `change-${round}` }],
      });
      expect(eventsResponse.parse(stored.body).accepted).toBe(1);
      const after = await recommend({ userId: 'changing' });
      expect(idsOf(after)).not.toContain(itemId);
      expect(after.items).not.toEqual(before.items);
    }
    expect((await recommend({ userId: other })).items).toEqual(others.items);
  });

  test('what was disliked never comes back; what was only shown does', async () => {
    const top = idsOf(await recommend({ userId: 'picky', limit: 2 }));
    const [shown, disliked] = top;
    const events = [
      { userId: 'picky', itemId: shown, type: 'impression' },
      { userId: 'picky', itemId: disliked, type: 'dislike' },
    ];
    await shop.send('POST', '/v1/events', { events });
    for (const excludeSeen of [true, false]) {
      const after = idsOf(await recommend({ userId: 'picky', limit: 50, excludeSeen }));
      expect(after[0]).toBe(shown);
      expect(after).not.toContain(disliked);
    }
  });

  test('items that are not available are shown to nobody, at once and until they are back', async () => {
    const [gone] = idsOf(await recommend({ limit: 1 })) as [string];
    await shop.send('PUT', `/v1/items/${encodeURIComponent(gone)}`, { title: 'sold out', available: false });
    expect(idsOf(await recommend({ limit: 80 }))).not.toContain(gone);
    const similar = await shop.send(
      'GET',
      `/v1/items/${(await everyItem()).find((id) => id !== gone)}/similar?limit=80`,
    );
    expect(idsOf(similarItemsResponse.parse(similar.body))).not.toContain(gone);
    await shop.send('PUT', `/v1/items/${encodeURIComponent(gone)}`, { title: 'back', available: true });
    expect((await recommend({ limit: 1 })).items[0]).toMatchObject({ itemId: gone, title: 'back' });
  });

  test('exclusions down to the last item: the limit is met or the shortfall says why', async () => {
    const items = await everyItem();
    for (const left of [11, 10, 3, 0]) {
      const answer = await recommend({ userId: 'nobody', excludeItems: items.slice(left), limit: 10 });
      expect(answer.items).toHaveLength(Math.min(10, left));
      if (left >= 10) expect(answer.shortfall).toBeUndefined();
      else expect(answer.shortfall).toMatchObject({ asked: 10, returned: left });
    }
  });

  test('somebody with more events than make a vector: old ones are still known to be seen', async () => {
    const { db } = shop.database;
    const items = await everyItem();
    const event = (k: number, itemId: string) => ({
      id: `busy-${k}`,
      userId: 'busy' as UserId,
      itemId: itemId as ItemId,
      type: 'view',
      timeMs: 1_760_000_000_000 + k * 1000,
      value: undefined,
      properties: undefined,
    });
    const old = items.slice(0, 5).map((itemId, k) => event(k, itemId));
    const recent = Array.from({ length: 600 }, (_, k) => event(100 + k, items[5 + (k % 5)] as string));
    await storeEventBatch(db, [...old, ...recent], 'test');
    const answer = await recommend({ userId: 'busy', limit: 500 });
    expect(items.slice(0, 10).filter((itemId) => idsOf(answer).includes(itemId))).toEqual([]);
    expect(answer.items).toHaveLength(items.length - 10);
  });

  test('ids of any characters that are allowed come back as they went in', async () => {
    const odd = 'a/b?c#d %25 é 日本 "\\';
    await putItems(shop.database.db, [{ itemId: odd, title: 'odd' }]);
    await shop.send('POST', '/v1/events', { events: [{ userId: odd, itemId: odd, type: 'view' }] });
    const answer = await shop.send('GET', `/v1/users/${encodeURIComponent(odd)}/recommendations`);
    expect(answer.status).toBe(200);
    const similar = await shop.send('GET', `/v1/users/${encodeURIComponent(odd)}/similar`);
    expect(similarUsersResponse.parse(similar.body).userId).toBe(odd);
  });
});

describe('neighbours', () => {
  test('similar items: nearest first, without the item itself', async () => {
    const [itemId] = await everyItem();
    const answer = await shop.send('GET', `/v1/items/${itemId}/similar?limit=8`);
    const parsed = similarItemsResponse.parse(answer.body);
    expect(parsed).toMatchObject({ itemId, modelId: 'model-a' });
    expect(parsed.items).toHaveLength(8);
    expect(idsOf(parsed)).not.toContain(itemId);
    for (const item of parsed.items) expect(item.score).toBeLessThanOrEqual(1.0001);
    const all = similarItemsResponse.parse((await shop.send('GET', `/v1/items/${itemId}/similar?limit=500`)).body);
    expect(all.items).toHaveLength((await everyItem()).length - 1);
    expect(all.shortfall).toMatchObject({ asked: 500, returned: all.items.length });
  });

  test('an item that the model does not know', async () => {
    expectProblem(await shop.send('GET', '/v1/items/no-such-item/similar'), 'NOT_FOUND', 'itemId');
  });

  test('similar users: without the user, and an answer for strangers too', async () => {
    const answer = await shop.send('GET', `/v1/users/${known}/similar?limit=5`);
    const parsed = similarUsersResponse.parse(answer.body);
    expect(parsed.users).toHaveLength(5);
    expect(parsed.users.map((user) => user.userId)).not.toContain(known);
    expect(parsed.users.map((user) => user.rank)).toEqual([1, 2, 3, 4, 5]);
    const stranger = similarUsersResponse.parse((await shop.send('GET', '/v1/users/stranger/similar')).body);
    expect(stranger.users).toEqual([]);
    expect(stranger.shortfall).toMatchObject({ asked: 10, returned: 0 });
  });
});
