import { join } from 'node:path';
import { recommendationsResponse } from '@kindred/api-schema';
import { loadEngine } from '@kindred/compute';
import { encodeHistory, type ModelArtefact, saveArtefact } from '@kindred/models/artefact';
import { folders } from '@kindred/pipeline';
import { ITEM_INDEX_FOLDER, loadServingModel, type ServingModel } from '@kindred/serving';
import { advanceModel, createModel, putItems } from '@kindred/storage';
import { trainModel } from '@kindred/training';
import { buildIndex } from '@kindred/vector-index';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnlearnedItems } from '../src/unlearned-items.js';
import { SHOP, startTestApi, type TestApi, trainedShop } from './shop.js';

const SETTINGS = { dimensions: 8, epochs: 2, batchSize: 32, textBuckets: 256 };
const learnedTitle = SHOP.items[0]?.title as string;

let shop: TestApi;
let model: ServingModel;
beforeAll(async () => {
  shop = await startTestApi({ state: 'none' });
  model = await addClipModel(shop);
});
afterAll(() => shop.close());

/** A model with a text tower, trained on the shop's log and titles. */
async function addClipModel({ database: { db }, dataDir }: TestApi): Promise<ServingModel> {
  const { part, snapshot } = await trainedShop();
  const folder = folders.served(folders.model(dataDir, 'model-c'));
  const artefact = await trainClip(part);
  await saveArtefact(folder, artefact);
  const query = encodeHistory(artefact, Uint32Array.of(0, 1), Float32Array.of(1, 1));
  await buildIndex(join(folder, ITEM_INDEX_FOLDER), artefact.itemVectors, artefact.dimensions, query);
  const { snapshotId } = snapshot.summary;
  await createModel(db, { id: 'model-c', snapshotId, method: 'clip', path: folders.model(dataDir, 'model-c') });
  await advanceModel(db, 'model-c', 'indexed', { index: { driver: 'hnsw' } });
  return (await loadServingModel(folder, 'model-c')).model;
}

async function trainClip(part: Awaited<ReturnType<typeof trainedShop>>['part']): Promise<ModelArtefact> {
  const engine = await loadEngine('cpu');
  const titles = new Map(SHOP.items.map(({ itemId, title }): [string, string | undefined] => [itemId, title]));
  const { artefact } = await trainModel({
    method: 'clip',
    settings: SETTINGS,
    data: part.data,
    vocabulary: { users: part.users, items: part.items },
    itemTexts: part.items.map((id) => titles.get(id)),
    engine,
    seed: 1,
  });
  await engine.dispose();
  return artefact;
}

describe('UnlearnedItems', () => {
  test('places what the model never learned, and follows the catalogue', async () => {
    const { db } = shop.database;
    const unlearned = new UnlearnedItems(db);
    const ids = async () => {
      unlearned.forget();
      return [...((await unlearned.beside(model))?.ids ?? [])].filter((id) => id.startsWith('fresh')).sort();
    };
    expect(await ids()).toEqual([]);
    await putItems(db, [
      { itemId: 'fresh 1', title: learnedTitle },
      { itemId: 'fresh 2', title: '' },
      { itemId: 'fresh 3', title: learnedTitle, available: false },
    ]);
    expect(await ids()).toEqual(['fresh 1']);
    await putItems(db, [
      { itemId: 'fresh 1', title: learnedTitle, available: false },
      { itemId: 'fresh 3', title: learnedTitle },
    ]);
    expect(await ids()).toEqual(['fresh 3']);
    const learned = new Set(model.artefact.items);
    expect((await unlearned.beside(model))?.ids.filter((id) => learned.has(id))).toEqual([]);
  });

  test('has nothing beside a model that reads no texts', async () => {
    const mute = { ...model, artefact: { ...model.artefact, textEncoder: undefined } };
    expect(await new UnlearnedItems(shop.database.db).beside(mute)).toBeUndefined();
  });
});

test('an item that is put with a title is recommended before anybody had it, and never again once it is gone', async () => {
  expect((await shop.send('POST', '/v1/models/model-c/promote', {})).status).toBe(200);
  const userId = SHOP.events[0]?.userId as string;
  const recommended = async () => {
    const { body } = await shop.send('POST', '/v1/recommendations', { userId, limit: 500 });
    const { items } = recommendationsResponse.parse(body);
    return new Map(items.map((item) => [item.itemId, item.title]));
  };
  expect((await recommended()).has('just arrived')).toBe(false);
  await shop.send('PUT', '/v1/items/just%20arrived', { title: learnedTitle });
  expect((await recommended()).get('just arrived')).toBe(learnedTitle);
  await shop.send('PUT', '/v1/items/just%20arrived', { title: learnedTitle, available: false });
  expect((await recommended()).has('just arrived')).toBe(false);
});
