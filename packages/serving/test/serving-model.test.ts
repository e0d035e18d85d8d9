import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@kindred/domain';
import { encodeHistory, saveArtefact } from '@kindred/models/artefact';
import { buildIndex, chooseDriver, ExactScan } from '@kindred/vector-index';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  assemble,
  buildUserDirectory,
  ITEM_INDEX_FOLDER,
  loadServingModel,
  recommend,
  similarUsers,
} from '../src/index.js';
import { randomArtefact } from './random-model.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-serving-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const artefact = randomArtefact({ items: 300, dimensions: 9, seed: 3 });
const queries = Float32Array.from(
  [0, 1, 2].flatMap((k) => [...encodeHistory(artefact, Uint32Array.of(k), Float32Array.of(1))]),
);
const request = { history: [{ itemId: 'i5', strength: 1 }], limit: 20, excludeSeen: true, excludeItems: ['i9'] };

async function save(driver: 'hnsw' | 'exact' | 'auto'): Promise<void> {
  await saveArtefact(folder, artefact);
  await buildIndex(join(folder, ITEM_INDEX_FOLDER), artefact.itemVectors, artefact.dimensions, queries, { driver });
}

describe('a model in files', () => {
  test.each(['hnsw', 'exact'] as const)('through %s answers as the model in memory', async (driver) => {
    const missing = await chooseDriver(driver).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (missing !== undefined) return console.warn(`${missing}; skipped`);
    await save(driver);
    const { model, fault } = await loadServingModel(folder, 'm1');
    expect(fault).toBeUndefined();
    expect(model.itemIndex.driver).toBe(driver);
    const exact = assemble('m1', artefact, new ExactScan(artefact.itemVectors, artefact.dimensions), undefined);
    expect(recommend(model, request)).toEqual(recommend(exact, request));
  });

  test('with its users', async () => {
    await save('auto');
    const vectors = Float32Array.from({ length: 4 * 8 }, (_, k) => (k % 8 === Math.floor(k / 8) ? 1 : 0));
    await buildUserDirectory(folder, ['a', 'b', 'c', 'd'], vectors, 8);
    const { model } = await loadServingModel(folder, 'm1');
    expect(model.users?.ids).toEqual(['a', 'b', 'c', 'd']);
    const { users } = similarUsers(model, 'a', request.history, 4);
    expect(users.map((user) => user.userId).sort()).toEqual(['b', 'c', 'd']);
  });

  test('popular items come by their scores, ties by position', async () => {
    const tied = {
      ...artefact,
      fallbackScores: Float32Array.from({ length: 300 }, (_, k) => [1, 3, 2][k % 3] as number),
    };
    const model = assemble('m', tied, new ExactScan(tied.itemVectors, tied.dimensions), undefined);
    expect([...model.popular.subarray(0, 3)]).toEqual([1, 4, 7]);
    expect([...model.popular.subarray(100, 102)]).toEqual([2, 5]);
  });

  test('damaged or mixed up files are refused', async () => {
    await save('exact');
    await appendFile(await fileOf(ITEM_INDEX_FOLDER, 'vectors'), 'x');
    await expect(loadServingModel(folder, 'm')).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
    await save('exact');
    const vectors = join(folder, 'vectors.safetensors');
    const bytes = await readFile(vectors);
    await writeFile(vectors, bytes.subarray(0, bytes.length - 1));
    await expect(loadServingModel(folder, 'm')).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await save('exact');
    const smaller = artefact.itemVectors.subarray(0, 100 * artefact.dimensions);
    await buildIndex(join(folder, ITEM_INDEX_FOLDER), smaller, artefact.dimensions, queries, { driver: 'exact' });
    await expect(loadServingModel(folder, 'm')).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
  });

  test('users that do not fit their index are refused', async () => {
    await save('exact');
    const same = Float32Array.from({ length: 16 }, () => 1);
    await expect(buildUserDirectory(folder, ['a'], same, 8)).rejects.toMatchObject({ code: 'MATRIX_INVALID' });
    await buildUserDirectory(folder, ['a', 'b'], same, 8);
    await writeFile(await fileOf('user-index', 'labels'), '["a","c"]');
    await expect(loadServingModel(folder, 'm')).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
  });

  test('a crowd of users alike is no reason to refuse the model', async () => {
    await save('exact');
    const [users, width] = [12_000, 8];
    const random = new Random(1, 'crowd');
    const vectors = new Float32Array(users * width);
    for (let user = 0; user < users; user++) {
      // Two in three have the same history; the others are scattered.
      if (user % 3 > 0) vectors[user * width] = 1;
      else for (let d = 0; d < width; d++) vectors[user * width + d] = random.normal();
    }
    const settings = { m: 2, efConstruction: 4, efSearch: 10 };
    const ids = Array.from({ length: users }, (_, k) => `u${k}`);
    if ((await chooseDriver('auto')).name === 'hnsw') {
      const graph = buildUserDirectory(folder, ids, vectors, width, { driver: 'hnsw', settings });
      await expect(graph).rejects.toMatchObject({ code: 'RECALL_TOO_LOW' });
    }
    await buildUserDirectory(folder, ids, vectors, width, { settings });
    const { model } = await loadServingModel(folder, 'm');
    expect(model.users?.ids.length).toBe(users);
    expect(model.users?.index.driver).toBe('exact');
  });
});

/** The path of the file of an index whose name begins so. */
async function fileOf(index: string, beginning: string): Promise<string> {
  const name = (await readdir(join(folder, index))).find((candidate) => candidate.startsWith(beginning));
  return join(folder, index, name ?? 'absent');
}
