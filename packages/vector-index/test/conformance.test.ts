import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@kindred/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS, scan } from '../src/index.js';
import { buildIndex, findIndex, type IndexManifest, openIndex } from '../src/index-file.js';
import { publishIndex } from '../src/index-folder.js';

const DIMENSIONS = 17;

/** Vectors like trained ones: clustered directions, uneven norms through a last prior dimension. */
function trainedLikeVectors(count: number, seed: number): Float32Array {
  const random = new Random(seed, 'vectors');
  const vectors = new Float32Array(count * DIMENSIONS);
  for (let row = 0; row < count; row++) {
    for (let d = 0; d < DIMENSIONS - 1; d++) vectors[row * DIMENSIONS + d] = random.normal() / 4;
    vectors[row * DIMENSIONS + DIMENSIONS - 1] = -3 * random.next();
  }
  return vectors;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-index-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const driver of DRIVERS) {
  const fault = await driver.findFault();
  if (fault !== undefined) console.warn(`index driver ${driver.name} is not tested here: ${fault.why}`);

  describe.skipIf(fault !== undefined)(`index driver ${driver.name}`, () => {
    const vectors = trainedLikeVectors(800, 1);
    const queries = trainedLikeVectors(50, 2);
    let path: string;
    let manifest: IndexManifest;
    beforeAll(async () => {
      path = join(folder, driver.name);
      manifest = await buildIndex(path, vectors, DIMENSIONS, queries, { driver: driver.name });
    });

    it('writes what it measured into the manifest', async () => {
      const written = JSON.parse(await readFile(join(path, 'index.json'), 'utf8')) as IndexManifest;
      expect(written).toEqual(manifest);
      expect(written).toMatchObject({ driver: driver.name, size: 800, dimensions: DIMENSIONS });
      expect(written.recall).toMatchObject({ k: 10, queries: 50 });
      expect(written.recall.value).toBeGreaterThanOrEqual(0.98);
      expect(await readdir(folder)).not.toContain(expect.stringContaining('building'));
    });

    it('agrees with exact scan on scores, order and ties', async () => {
      const { index } = await openIndex(path);
      index.efSearch = 800;
      for (let q = 0; q < 50; q++) {
        const query = queries.subarray(q * DIMENSIONS, (q + 1) * DIMENSIONS);
        const found = index.search(query, 20);
        const exact = scan(query, vectors, 20);
        expect([...found.positions]).toEqual([...exact.positions]);
        for (const [rank, score] of found.scores.entries()) expect(score).toBeCloseTo(exact.scores[rank] as number, 4);
      }
    });

    it('keeps the measured ef after load', async () => {
      const { index } = await openIndex(path);
      expect(index.efSearch).toBe(driver.name === 'exact' ? 0 : manifest.efSearch);
    });

    it('returns everything when k exceeds the catalogue, and nothing for k 0', async () => {
      const { index } = await openIndex(path);
      index.efSearch = 800;
      expect(index.search(queries.subarray(0, DIMENSIONS), 5000).positions).toHaveLength(800);
      expect(index.search(queries.subarray(0, DIMENSIONS), 0).positions).toHaveLength(0);
    });

    it('refuses queries of the wrong length or with NaN', async () => {
      const { index } = await openIndex(path);
      expect(() => index.search(new Float32Array(3), 5)).toThrow(/3 dimensions/);
      expect(() => index.search(new Float32Array(DIMENSIONS).fill(Number.NaN), 5)).toThrow(/not finite/);
    });

    it('builds the same bytes from the same vectors', async () => {
      const again = await buildIndex(`${path}-again`, vectors, DIMENSIONS, queries, { driver: driver.name });
      expect(again.file.sha256).toBe(manifest.file.sha256);
    });

    it('refuses a damaged file before it is loaded', async () => {
      const damaged = `${path}-damaged`;
      await buildIndex(damaged, vectors, DIMENSIONS, queries, { driver: driver.name });
      const file = join(damaged, manifest.file.name);
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0xff;
      await writeFile(file, bytes);
      await expect(openIndex(damaged)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
      await writeFile(file, bytes.subarray(0, 100));
      await expect(openIndex(damaged)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
    });

    it('is replaced in one step: what breaks off before the last leaves the old index', async () => {
      const place = `${path}-replaced`;
      const old = await buildIndex(place, vectors, DIMENSIONS, queries, { driver: driver.name });
      const other = trainedLikeVectors(300, 9);
      const staging = `${place}-staging`;
      const successor = await buildIndex(staging, other, DIMENSIONS, queries, { driver: driver.name });
      // The second file of the new index is missing: publishing stops between its files and its manifest.
      const cut = { ...successor, labels: { name: 'labels-0.json', bytes: 0, sha256: '' } };
      await expect(publishIndex(staging, place, cut)).rejects.toThrow();
      expect((await openIndex(place)).manifest).toEqual(old);
      const again = await buildIndex(place, other, DIMENSIONS, queries, { driver: driver.name });
      expect((await openIndex(place)).index.size).toBe(300);
      expect((await readdir(place)).sort()).toEqual(['index.json', again.file.name].sort());
    });

    it('opens the successor when it is replaced while it is being opened', async () => {
      const place = `${path}-raced`;
      await buildIndex(place, vectors, DIMENSIONS, queries, { driver: driver.name });
      const other = trainedLikeVectors(300, 9);
      const readers = Array.from({ length: 20 }, async (_, k) => {
        for (let turn = 0; turn < 10 + k; turn++) expect([800, 300]).toContain((await openIndex(place)).index.size);
      });
      for (const next of [other, vectors, other]) {
        await buildIndex(place, next, DIMENSIONS, queries, { driver: driver.name });
      }
      await Promise.all(readers);
    });

    it('keeps the ids of its rows', async () => {
      const labels = Array.from({ length: 800 }, (_, k) => `id "${k}"`);
      await buildIndex(`${path}-labels`, vectors, DIMENSIONS, queries, { driver: driver.name, labels });
      expect((await findIndex(`${path}-labels`))?.labels).toEqual(labels);
      expect((await openIndex(path)).labels).toBeUndefined();
      expect(await findIndex(`${path}-nowhere`)).toBeUndefined();
      const few = buildIndex(`${path}-few`, vectors, DIMENSIONS, queries, { driver: driver.name, labels: ['a'] });
      await expect(few).rejects.toMatchObject({ code: 'MATRIX_INVALID' });
    });

    it('refuses a manifest that is missing, of another format, or no manifest', async () => {
      const place = `${path}-manifest`;
      await buildIndex(place, vectors, DIMENSIONS, queries, { driver: driver.name });
      const manifestFile = join(place, 'index.json');
      for (const text of ['null', '{', JSON.stringify({ ...manifest, formatVersion: 2 })]) {
        await writeFile(manifestFile, text);
        await expect(openIndex(place)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
      }
      await rename(manifestFile, `${manifestFile}.gone`);
      await expect(openIndex(place)).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
    });

    it('stops when it is told to', async () => {
      const controller = new AbortController();
      const options = { driver: driver.name, signal: controller.signal };
      const stopped = buildIndex(`${path}-stopped`, vectors, DIMENSIONS, queries, options);
      controller.abort();
      await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect((await readdir(folder)).filter((name) => name.includes('-stopped'))).toEqual([]);
    });

    it('holds a single item', async () => {
      const one = vectors.subarray(0, DIMENSIONS);
      await buildIndex(`${path}-one`, one, DIMENSIONS, queries, { driver: driver.name });
      const { index } = await openIndex(`${path}-one`);
      expect([...index.search(queries.subarray(0, DIMENSIONS), 3).positions]).toEqual([0]);
    });
  });
}

describe('the graph', () => {
  it('holds points of one length, so that nearest by cosine is largest by inner product', async () => {
    const fault = await DRIVERS.find(({ name }) => name === 'hnsw')?.findFault();
    if (fault !== undefined) return console.warn(`the graph is not tested here: ${fault.why}`);
    const vectors = trainedLikeVectors(60, 4);
    const place = join(folder, 'lengths');
    const manifest = await buildIndex(place, vectors, DIMENSIONS, vectors, { driver: 'hnsw' });
    const hnswlib = (await import('hnswlib-node')) as unknown as { default: typeof import('hnswlib-node') };
    const graph = new hnswlib.default.HierarchicalNSW('ip', DIMENSIONS + 1);
    await graph.readIndex(join(place, manifest.file.name));
    const lengths = Array.from({ length: 60 }, (_, row) => Math.hypot(...graph.getPoint(row)));
    for (const length of lengths) expect(length).toBeCloseTo(lengths[0] as number, 4);
    const own = Array.from({ length: 60 }, (_, row) =>
      Math.hypot(...vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)),
    );
    expect(lengths[0]).toBeCloseTo(Math.max(...own), 4);
  });
});

describe('recall floor', () => {
  it('raises ef until the floor is met, and refuses when it can not be', async () => {
    const vectors = new Float32Array(2000 * DIMENSIONS).map(() => 0);
    const random = new Random(3, 'hard');
    for (let k = 0; k < vectors.length; k++) vectors[k] = random.normal();
    const queries = vectors.slice(0, 100 * DIMENSIONS).map(() => random.normal());
    const settings = { m: 16, efConstruction: 100, efSearch: 10 };
    const fault = await DRIVERS[0]?.findFault();
    if (fault !== undefined) return console.warn(`recall floor is not tested here: ${fault.why}`);
    const raised = await buildIndex(join(folder, 'raised'), vectors, DIMENSIONS, queries, { driver: 'hnsw', settings });
    expect(raised.efSearch).toBeGreaterThan(10);
    expect(raised.recall.value).toBeGreaterThanOrEqual(0.98);
    const refused = buildIndex(join(folder, 'refused'), vectors, DIMENSIONS, queries, {
      driver: 'hnsw',
      settings: { m: 4, efConstruction: 20, efSearch: 10 },
    });
    await expect(refused).rejects.toMatchObject({ code: 'RECALL_TOO_LOW' });
    expect(await readdir(folder)).not.toContain('refused');
  });
});

describe('scan', () => {
  it('is the sorted list cut at k, for any scores and ties', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 }),
        fc.nat(70),
        (scores, k) => {
          const found = scan(new Float32Array([1]), Float32Array.from(scores), k);
          const expected = scores
            .map((score, position) => ({ score, position }))
            .sort((a, b) => b.score - a.score || a.position - b.position)
            .slice(0, k);
          expect([...found.positions]).toEqual(expected.map((entry) => entry.position));
          expect([...found.scores]).toEqual(expected.map((entry) => entry.score));
        },
      ),
      { seed: 7 },
    );
  });

  it('looks only at the allowed rows', () => {
    const found = scan(new Float32Array([1]), Float32Array.from([5, 4, 3, 2]), 2, [3, 1]);
    expect([...found.positions]).toEqual([1, 3]);
  });
});
