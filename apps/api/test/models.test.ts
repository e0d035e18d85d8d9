import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelsResponse, promotionResponse, recommendationsResponse } from '@kindred/api-schema';
import { executeRun, folders, silentProgress, type TrainResult } from '@kindred/pipeline';
import { createModel, promoteModel } from '@kindred/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectProblem } from './expect-problem.js';
import { SHOP, startTestApi, type TestApi, trainedShop } from './shop.js';

let shop: TestApi;
afterEach(() => shop.close());

async function servingModel(): Promise<string | null> {
  const answer = await shop.send('POST', '/v1/recommendations', { limit: 1 });
  expect(answer.status, answer.text).toBe(200);
  return recommendationsResponse.parse(answer.body).modelId;
}

function vectorsOf(modelId: string): string {
  return join(folders.served(folders.model(shop.dataDir, modelId)), 'vectors.safetensors');
}

async function damage(modelId: string): Promise<() => Promise<void>> {
  const file = vectorsOf(modelId);
  const bytes = await readFile(file);
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
  await writeFile(file, damaged);
  return () => writeFile(file, bytes);
}

describe('while a model serves', () => {
  beforeEach(async () => {
    shop = await startTestApi({ recheckMs: 100 });
  });

  test('models are listed, one of them serving', async () => {
    const { models } = modelsResponse.parse((await shop.send('GET', '/v1/models')).body);
    expect(models.map(({ id, serving, status, method }) => ({ id, serving, status, method }))).toEqual([
      { id: 'model-b', serving: false, status: 'indexed', method: 'inductive' },
      { id: 'model-a', serving: true, status: 'indexed', method: 'inductive' },
    ]);
    const page = modelsResponse.parse((await shop.send('GET', '/v1/models?limit=1&before=model-b')).body);
    expect(page.models.map(({ id }) => id)).toEqual(['model-a']);
  });

  test('the card of a model says what was joined to short histories, what it gained and for how many', async () => {
    const { database, dataDir } = shop;
    const train = async (augment: string) => {
      const small = { engine: 'cpu', method: 'two-tower', set: { epochs: 2, dimensions: 8 }, segments: 0 };
      const surroundings = { database, dataDir, threads: 1, progress: silentProgress };
      const stages = ['pair', 'train'] as const;
      const { results } = await executeRun(surroundings, { stages, settings: { ...small, augment } });
      const { modelId } = results.train as TrainResult;
      const { models } = modelsResponse.parse((await shop.send('GET', '/v1/models')).body);
      return models.find(({ id }) => id === modelId)?.metrics?.training;
    };
    const number = expect.any(Number);
    const augmentation = { source: 'neighbours', count: number, weight: number };
    expect((await train('neighbours'))?.augmentation).toMatchObject({
      augmentation,
      arms: [{ ...augmentation, ndcg: number, without: number, difference: number, interval: [number, number] }],
      sparseUsers: number,
      trainedUsers: number,
      because: expect.stringContaining('neighbours'),
    });
    expect(await train('off')).not.toHaveProperty('augmentation');
  });

  test('promoted over HTTP, a model serves from the answer on; rolled back, the other one does again', async () => {
    const promoted = await shop.send('POST', '/v1/models/model-b/promote');
    expect(promotionResponse.parse(promoted.body)).toEqual({ modelId: 'model-b', previousModelId: 'model-a' });
    expect(await servingModel()).toBe('model-b');
    const back = await shop.send('POST', '/v1/models/rollback');
    expect(promotionResponse.parse(back.body)).toEqual({ modelId: 'model-a', previousModelId: null });
    expect(await servingModel()).toBe('model-a');
    expectProblem(await shop.send('POST', '/v1/models/rollback'), 'NOTHING_TO_ROLL_BACK');
    expect(await servingModel()).toBe('model-a');
  });

  test('models swap under load without a failed or a torn answer', async () => {
    const users = [...new Set(SHOP.events.map((event) => event.userId))].slice(0, 20);
    const seen = new Set<string | null>();
    let requests = 0;
    let stop = false;
    const client = async (number: number): Promise<void> => {
      for (let k = number; !stop; k++) {
        const user = users[k % users.length];
        const answer = await shop.send('GET', `/v1/users/${user}/recommendations?limit=5`);
        expect(answer.status, answer.text).toBe(200);
        const { items, modelId } = recommendationsResponse.parse(answer.body);
        expect(items).toHaveLength(5);
        seen.add(modelId);
        requests++;
      }
    };
    const clients = Array.from({ length: 8 }, (_, number) => client(number));
    const watched = Promise.all(clients);
    for (const modelId of ['model-b', 'model-a', 'model-b']) {
      const before = requests;
      await promoteModel(shop.database.db, modelId, 'another process');
      await expect.poll(servingModel, { interval: 20, timeout: 20_000 }).toBe(modelId);
      await expect.poll(() => requests, { interval: 10, timeout: 20_000 }).toBeGreaterThan(before + 60);
    }
    stop = true;
    await watched;
    expect(seen).toEqual(new Set(['model-a', 'model-b']));
  });

  test('a damaged model is refused over HTTP and nothing changes', async () => {
    await damage('model-b');
    expectProblem(await shop.send('POST', '/v1/models/model-b/promote'), 'MODEL_CORRUPT');
    expect(await servingModel()).toBe('model-a');
    const { models } = modelsResponse.parse((await shop.send('GET', '/v1/models')).body);
    expect(models.find(({ serving }) => serving)?.id).toBe('model-a');
  });

  test('a damaged model promoted by another process leaves the old one in service until it is mended', async () => {
    const mend = await damage('model-b');
    await promoteModel(shop.database.db, 'model-b', 'another process');
    const fault = async () => {
      const { body } = await shop.send('GET', '/health/ready');
      return (body as { checks: { model: unknown } }).checks.model;
    };
    await expect.poll(fault, { interval: 20 }).toMatchObject({
      serving: 'model-a',
      fault: { modelId: 'model-b', code: 'MODEL_CORRUPT' },
    });
    expect((await shop.send('GET', '/health/ready')).status).toBe(200);
    expect(await servingModel()).toBe('model-a');
    expect((await shop.send('GET', '/metrics')).text).toMatch(/^kindred_model_load_failures_total [1-9]/m);
    expect(shop.lines.some((line) => line.msg === 'promoted model can not be loaded')).toBe(true);
    await mend();
    await expect.poll(servingModel, { interval: 50 }).toBe('model-b');
    expect(await fault()).toEqual({ serving: 'model-b' });
  });

  test('models that can not be promoted', async () => {
    const { snapshot } = await trainedShop();
    const { snapshotId } = snapshot.summary;
    await createModel(shop.database.db, { id: 'raw', snapshotId, method: 'inductive', path: 'nowhere' });
    expectProblem(await shop.send('POST', '/v1/models/nope/promote'), 'NOT_FOUND', 'id');
    expectProblem(await shop.send('POST', '/v1/models/raw/promote'), 'MODEL_NOT_READY', 'modelId');
  });

  test('models that lie elsewhere than the trainer wrote down are found under the data directory', async () => {
    const { snapshot } = await trainedShop();
    const { db, pool } = shop.database;
    await pool.query(`UPDATE kindred.models SET path = '/not/here/' || id`);
    await promoteModel(db, 'model-b', `snapshot ${snapshot.summary.snapshotId}`);
    await expect.poll(servingModel, { interval: 20 }).toBe('model-b');
  });
});

test('no model yet, then the first one', async () => {
  shop = await startTestApi({ state: 'none' });
  for (const path of ['/v1/users/u/recommendations', '/v1/users/u/similar', '/v1/items/i/similar']) {
    expectProblem(await shop.send('GET', path), 'NO_MODEL');
  }
  expectProblem(await shop.send('GET', '/health/ready'), 'NO_MODEL');
  expectProblem(await shop.send('POST', '/v1/models/rollback'), 'NO_MODEL');
  await shop.send('POST', '/v1/models/model-a/promote');
  expect((await shop.send('GET', '/health/ready')).status).toBe(200);
  expect(await servingModel()).toBe('model-a');
});
