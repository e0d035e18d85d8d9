import { eventsResponse, itemsResponse } from '@kindred/api-schema';
import { countEvents, findItem, newestEventsOfUser } from '@kindred/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from './expect-problem.js';
import { startTestApi, type TestApi } from './shop.js';

let shop: TestApi;
beforeAll(async () => {
  shop = await startTestApi({ state: 'empty' });
});
afterAll(() => shop.close());

async function sendEvents(events: unknown[]) {
  const answer = await shop.send('POST', '/v1/events', { events });
  expect(answer.status, answer.text).toBe(200);
  return eventsResponse.strict().parse(answer.body);
}

describe('events', () => {
  test('a verdict for each: accepted, duplicate, rejected, and the good ones are stored', async () => {
    const good = { userId: 'u1', itemId: 'i1', type: 'view', time: '2026-01-02T03:04:05Z', id: 'e1' };
    const answer = await sendEvents([
      good,
      { ...good, itemId: 'other' },
      null,
      [good],
      'text',
      { ...good, id: 'e2', userId: undefined },
      { ...good, id: 'e3', itemId: 'a\nb' },
      { ...good, id: 'e4', type: 'what?' },
      { ...good, id: 'e5', time: 'yesterday' },
      { ...good, id: 'e6', time: '2999-01-01' },
      { ...good, id: 'e7', value: 'NaN' },
      { ...good, id: 'e8', properties: 7 },
      { ...good, id: 'e9', userId: 'half \ud800' },
      { ...good, id: 'e\u0000' },
      { ...good, id: 'e10', value: 2.5, properties: { a: [1, { b: null }] } },
    ]);
    expect(answer).toMatchObject({ accepted: 2, duplicates: 1 });
    expect(answer.rejected.map(({ index, code }) => [index, code])).toEqual([
      [2, 'EVENT_INVALID'],
      [3, 'EVENT_INVALID'],
      [4, 'EVENT_INVALID'],
      [5, 'USER_MISSING'],
      [6, 'ITEM_INVALID'],
      [7, 'TYPE_INVALID'],
      [8, 'TIME_INVALID'],
      [9, 'TIME_IN_FUTURE'],
      [10, 'VALUE_INVALID'],
      [11, 'EVENT_INVALID'],
      [12, 'USER_INVALID'],
      [13, 'EVENT_ID_INVALID'],
    ]);
    const stored = await newestEventsOfUser(shop.database.db, 'u1', 10);
    expect(stored.map(({ id, itemId, value }) => [id, itemId, value]).sort()).toEqual([
      ['e1', 'i1', undefined],
      ['e10', 'i1', 2.5],
    ]);
  });

  test('sent again, events with an id or a time are duplicates', async () => {
    const events = [
      { userId: 'again', itemId: 'i1', type: 'view', id: 'again-1' },
      { userId: 'again', itemId: 'i1', type: 'view', time: 1_760_000_000 },
    ];
    expect(await sendEvents(events)).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    expect(await sendEvents(events)).toEqual({ accepted: 0, duplicates: 2, rejected: [] });
  });

  test('without id and time the time of arrival counts: equal ones of a request are one event, a later one is new', async () => {
    const event = { userId: 'arriving', itemId: 'i1', type: 'view' };
    const before = Date.now();
    expect(await sendEvents([event, event])).toMatchObject({ accepted: 1, duplicates: 1 });
    const [stored] = await newestEventsOfUser(shop.database.db, 'arriving', 1);
    expect(stored?.timeMs).toBeGreaterThanOrEqual(before);
    expect(stored?.timeMs).toBeLessThanOrEqual(Date.now());
    await expect.poll(() => Date.now()).toBeGreaterThan(stored?.timeMs as number);
    expect(await sendEvents([event])).toMatchObject({ accepted: 1 });
  });

  test('ten thousand in one request; one more is refused whole', async () => {
    const events = Array.from({ length: 10_000 }, (_, k) => ({ userId: `m${k % 50}`, itemId: `i${k}`, type: 'view' }));
    const before = await countEvents(shop.database.db);
    expect(await sendEvents(events)).toEqual({ accepted: 10_000, duplicates: 0, rejected: [] });
    expect(await countEvents(shop.database.db)).toBe(before + 10_000);
    const tooMany = await shop.send('POST', '/v1/events', { events: [...events, events[0]] });
    expectProblem(tooMany, 'PAYLOAD_TOO_LARGE', 'events');
    expect(await countEvents(shop.database.db)).toBe(before + 10_000);
  });

  test('the same events from many senders at once are stored once', async () => {
    const events = Array.from({ length: 200 }, (_, k) => ({
      userId: 'crowd',
      itemId: `i${k}`,
      type: 'view',
      id: `c${k}`,
    }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => sendEvents([...events].reverse())));
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(200);
    expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(7 * 200);
  });
});

describe('items', () => {
  test('one or many; the last write counts', async () => {
    const { db } = shop.database;
    const item = {
      title: 'Mug',
      tags: ['a', 'b'],
      price: 2.5,
      publishedAt: '2026-01-02T03:04:05+02:00',
      attributes: { x: [1] },
    };
    const one = await shop.send('PUT', '/v1/items/mug', item);
    expect(itemsResponse.parse(one.body)).toEqual({ stored: 1 });
    expect(await findItem(db, 'mug')).toMatchObject({
      title: 'Mug',
      tags: ['a', 'b'],
      price: 2.5,
      available: true,
      publishedAtMs: Date.parse('2026-01-02T01:04:05Z'),
      attributes: { x: [1] },
    });
    const many = await shop.send('POST', '/v1/items', {
      items: [
        { itemId: 'mug', title: 'Cup' },
        { itemId: 'cup', available: false },
      ],
    });
    expect(itemsResponse.parse(many.body)).toEqual({ stored: 2 });
    expect(await findItem(db, 'mug')).toMatchObject({ title: 'Cup', tags: [], price: undefined });
    expect(await findItem(db, 'cup')).toMatchObject({ available: false });
  });

  test.each([
    ['a name that does not exist', { titel: 'x' }, 'titel'],
    ['a title of another type', { title: 7 }, 'title'],
    ['a negative price', { price: -1 }, 'price'],
    ['a day that does not exist', { publishedAt: '2026-02-30T00:00:00Z' }, 'publishedAt'],
    ['a tag that is no text', { tags: ['ok', 3] }, 'tags.1'],
  ])('%s is refused by name', async (_what, body, field) => {
    expectProblem(await shop.send('PUT', '/v1/items/x', body), 'REQUEST_INVALID', field);
    expect(await findItem(shop.database.db, 'x')).toBeUndefined();
  });

  test('an id that can not be kept as given is refused', async () => {
    const lone = await shop.send('POST', '/v1/items', '{"items":[{"itemId":"half \\ud800"}]}');
    expectProblem(lone, 'REQUEST_INVALID', 'items.0.itemId');
    expectProblem(await shop.send('PUT', '/v1/items/a%00b', {}), 'REQUEST_INVALID', 'itemId');
    expectProblem(await shop.send('PUT', `/v1/items/${'x'.repeat(257)}`, {}), 'REQUEST_INVALID', 'itemId');
  });

  test('text that Postgres can not hold is kept as far as it can be', async () => {
    expect((await shop.send('PUT', '/v1/items/nul', { title: 'a\u0000b', tags: ['\ud800'] })).status).toBe(200);
    expect(await findItem(shop.database.db, 'nul')).toMatchObject({ title: 'a\ufffdb', tags: ['\ufffd'] });
  });
});
