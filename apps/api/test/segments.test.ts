import { recommendationsResponse, segmentsResponse, userSegmentResponse } from '@kindred/api-schema';
import { loadArtefact, saveArtefact } from '@kindred/models/artefact';
import { folders, modelSegments } from '@kindred/pipeline';
import { writeSegments } from '@kindred/serving';
import { advanceModel, createModel } from '@kindred/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem } from './expect-problem.js';
import { SHOP, startTestApi, type TestApi, trainedShop, trainInto } from './shop.js';

const MODEL = 'model-segments';
const known = SHOP.events[0]?.userId as string;
let shop: TestApi;
let profiles: NonNullable<Awaited<ReturnType<typeof modelSegments>>>;
beforeAll(async () => {
  shop = await startTestApi();
  const { db } = shop.database;
  const { part, snapshot } = await trainedShop();
  const settings = { dimensions: 8, epochs: 4, batchSize: 32, segments: 4 };
  await trainInto(shop.dataDir, MODEL, part, { method: 'swav', settings, seed: 0 });
  const path = folders.model(shop.dataDir, MODEL);
  profiles = (await modelSegments(db, await loadArtefact(folders.served(path)), part)) as typeof profiles;
  const { snapshotId } = snapshot.summary;
  await createModel(db, { id: MODEL, snapshotId, method: 'swav', path });
  await advanceModel(db, MODEL, 'indexed', { index: { driver: 'hnsw' } });
});
afterAll(() => shop.close());

const promote = (id: string) => shop.send('POST', `/v1/models/${id}/promote`);
const ofUser = async (userId: string) =>
  userSegmentResponse.strict().parse((await shop.send('GET', `/v1/users/${userId}/segment`)).body);

test('a model without segments says so, and how one comes by them', async () => {
  for (const path of ['/v1/segments', `/v1/users/${known}/segment`, '/v1/users/nobody/segment']) {
    const problem = expectProblem(await shop.send('GET', path), 'MODEL_WITHOUT_SEGMENTS');
    expect(problem.detail).toContain('model-a was trained without segments');
    expect(problem.wayOut).toContain('--segments 0');
  }
  expect((await shop.send('POST', '/v1/recommendations', { userId: known })).body).not.toHaveProperty('segment');
});

test('a model that was indexed before segments were described says that', async () => {
  expect((await promote(MODEL)).status).toBe(200);
  const problem = expectProblem(await shop.send('GET', '/v1/segments'), 'MODEL_WITHOUT_SEGMENTS');
  expect(problem.detail).toContain('index it again');
  await promote('model-a');
  await writeSegments(folders.served(folders.model(shop.dataDir, MODEL)), profiles.segments, profiles.profiles);
  expect((await promote(MODEL)).status).toBe(200);
});

test('lists the segments, the largest first, with what stands out in each', async () => {
  const answer = await shop.send('GET', '/v1/segments');
  const { modelId, users, foundBy, stability, segments } = segmentsResponse.strict().parse(answer.body);
  expect([modelId, foundBy, stability]).toEqual([MODEL, 'prototypes', undefined]);
  expect(segments).toHaveLength(4);
  expect(segments.map(({ size }) => size)).toEqual(segments.map(({ size }) => size).sort((a, b) => b - a));
  expect(segments.reduce((sum, { size }) => sum + size, 0)).toBe(users);
  expect(segments.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
  expect(segments.some(({ items }) => items.length > 0)).toBe(true);
  const titles = new Map(SHOP.items.map(({ itemId, title }) => [itemId, title]));
  for (const { name, category, items } of segments) {
    for (const [k, item] of items.entries()) {
      expect(item).toMatchObject({ rank: k + 1, title: titles.get(item.itemId) });
      expect(item.lift).toBeGreaterThan(1);
      if (k < 3) expect(name).toContain(item.title);
    }
    if (category !== undefined) expect(name.startsWith(category.name)).toBe(true);
  }
  expect((await shop.send('GET', '/v1/segments')).text).toBe(answer.text);
});

test('the segment of a user is the one that they were counted in', async () => {
  const { part } = await trainedShop();
  const { segments } = segmentsResponse.parse((await shop.send('GET', '/v1/segments')).body);
  for (const user of [0, 7, 23, 41]) {
    const userId = part.users[user] as string;
    const answer = await ofUser(userId);
    expect(answer).toMatchObject({ userId, modelId: MODEL });
    expect(answer.because).toBeUndefined();
    expect(answer.segment).toEqual(segments.find(({ id }) => id === profiles.segmentOfUser[user]));
  }
});

test('somebody of whom nothing is known gets an answer: no segment, and why', async () => {
  const { segment, because } = await ofUser('never-seen');
  expect(segment).toBeNull();
  expect(because).toContain('nothing that the model knows');
  const { body } = await shop.send('POST', '/v1/recommendations', { userId: 'never-seen' });
  expect(body).not.toHaveProperty('segment');
  expect((await shop.send('GET', '/v1/users/%00/segment')).status).toBe(400);
});

test('recommendations name the segment of the user, and of a session', async () => {
  const recommended = async (body: object) =>
    recommendationsResponse.strict().parse((await shop.send('POST', '/v1/recommendations', body)).body).segment;
  const { segment } = await ofUser(known);
  expect(await recommended({ userId: known })).toEqual({ id: segment?.id, name: segment?.name });
  const session = (await trainedShop()).part.items.slice(3, 6);
  const events = session.map((itemId) => ({ userId: 'clicker', itemId, type: 'click' }));
  await shop.send('POST', '/v1/events', { events });
  const clicker = await ofUser('clicker');
  expect(await recommended({ history: session })).toEqual({ id: clicker.segment?.id, name: clicker.segment?.name });
  expect(await recommended({ history: ['brand new'] })).toBeUndefined();
  expect(await recommended({})).toBeUndefined();
});

test('names follow the titles of the catalogue', async () => {
  const { segments } = segmentsResponse.parse((await shop.send('GET', '/v1/segments')).body);
  const named = segments.find(({ items }) => items.length > 0);
  const itemId = named?.items[0]?.itemId as string;
  await shop.send('PUT', `/v1/items/${encodeURIComponent(itemId)}`, { title: 'A new title' });
  const again = segmentsResponse.parse((await shop.send('GET', '/v1/segments')).body).segments;
  expect(again.find(({ id }) => id === named?.id)?.name).toContain('A new title');
});

test('segments by k-means say whether other seeds find them again', async () => {
  const folder = folders.served(folders.model(shop.dataDir, MODEL));
  const artefact = await loadArtefact(folder);
  const segments = { ...profiles.segments, foundBy: 'k-means', stability: 0.75 } as const;
  await saveArtefact(folder, { ...artefact, segments });
  await writeSegments(folder, segments, profiles.profiles);
  await promote('model-a');
  expect((await promote(MODEL)).status).toBe(200);
  const answer = segmentsResponse.strict().parse((await shop.send('GET', '/v1/segments')).body);
  expect(answer).toMatchObject({ modelId: MODEL, foundBy: 'k-means', stability: 0.75 });
});
