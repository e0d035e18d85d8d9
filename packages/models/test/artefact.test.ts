import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { matrixFromTriples } from '@kindred/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  artefactRecommender,
  encodeHistory,
  loadArtefact,
  type ModelArtefact,
  saveArtefact,
  segmentOf,
} from '../src/artefact/index.js';

/** Two dimensions and the prior; three items along x, y and the diagonal. */
function smallArtefact(users = false): ModelArtefact {
  const half = Math.SQRT1_2;
  return {
    method: 'inductive',
    settings: { dimensions: 2, temperature: 0.1 },
    items: ['a', 'b', 'ü\u{1f600}'],
    dimensions: 3,
    itemVectors: Float32Array.of(1, 0, 0.3, 0, 1, 0.1, half, half, 0.2),
    encoder: {
      kind: 'sum',
      contextVectors: Float32Array.of(2, 0, 0, 1, 1, 1),
      itemScale: Float32Array.of(0.5, 1, 1),
      shrinkage: 1,
      temperature: 0.1,
      priorWeight: 1,
    },
    fallbackScores: Float32Array.of(3, 1, 2),
    ...(users && { users: { ids: ['u'], vectors: Float32Array.of(0, 1, 0) } }),
  };
}

describe('encodeHistory', () => {
  it('is the hand-worked vector: strengths times scales, length one, shrunk by sqrt(n / (n + k)), the prior at the end', () => {
    // p = 4 * .5 * (2, 0) + 3 * 1 * (0, 1) = (4, 3), |p| = 5, two items with k = 1: times sqrt(2 / 3)
    const vector = encodeHistory(smallArtefact(), Uint32Array.of(0, 1), Float32Array.of(4, 3));
    expect([...vector]).toEqual([
      expect.closeTo(0.8 * Math.sqrt(2 / 3), 6),
      expect.closeTo(0.6 * Math.sqrt(2 / 3), 6),
      1,
    ]);
  });

  it('gives the prior alone for an empty history, also where histories do not use it', () => {
    const artefact = smallArtefact();
    const without = { ...artefact, encoder: { ...artefact.encoder, priorWeight: 0 } };
    expect([...encodeHistory(artefact, new Uint32Array(0), new Float32Array(0))]).toEqual([0, 0, 1]);
    expect([...encodeHistory(without, new Uint32Array(0), new Float32Array(0))]).toEqual([0, 0, 1]);
    expect(encodeHistory(without, Uint32Array.of(0), Float32Array.of(1))[2]).toBe(0);
  });

  it('leaves out what is not positive, and does not care for the size of all strengths', () => {
    const artefact = smallArtefact();
    const plain = encodeHistory(artefact, Uint32Array.of(0), Float32Array.of(1));
    expect(encodeHistory(artefact, Uint32Array.of(0, 1, 2), Float32Array.of(7, -3, 0))).toEqual(plain);
  });

  it.each([
    [[3], [1]],
    [[0], [Number.NaN]],
    [[0], [Number.POSITIVE_INFINITY]],
  ])('refuses items %j with strengths %j', (items, strengths) => {
    expect(() => encodeHistory(smallArtefact(), Uint32Array.from(items), Float32Array.from(strengths))).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });
});

describe('artefactRecommender', () => {
  const history = matrixFromTriples(2, 3, Uint32Array.of(0), Uint32Array.of(1), Float32Array.of(1));

  it('scores the whole catalogue by inner products, with and without an injected product', async () => {
    const artefact = smallArtefact();
    const plain = new Float32Array(8); // room for more than two users
    await artefactRecommender(artefact).score({ history, times: undefined, users: undefined }, plain);
    // first user: (0, sqrt(.5), 1); second: the prior alone
    const expected = [0.3, 0.1 + Math.SQRT1_2, 0.2 + 0.5, 0.3, 0.1, 0.2];
    expected.forEach((score, k) => {
      expect(plain[k]).toBeCloseTo(score, 6);
    });
    const injected = new Float32Array(6);
    await artefactRecommender(artefact, {
      async matmul(a, [m, k], b, [, n], { out }) {
        for (let r = 0; r < m; r++) {
          for (let c = 0; c < n; c++) {
            let sum = 0;
            for (let q = 0; q < k; q++) sum += (a[r * k + q] as number) * (b[q * n + c] as number);
            out[r * n + c] = sum;
          }
        }
        return out;
      },
    }).score({ history, times: undefined, users: undefined }, injected);
    injected.forEach((score, k) => {
      expect(score).toBeCloseTo(plain[k] as number, 6);
    });
  });

  it('takes the learned vector of a trained user, and encodes the others', async () => {
    const scores = new Float32Array(6);
    const batch = { history, times: undefined, users: Uint32Array.of(0, 1) };
    await artefactRecommender(smallArtefact(true)).score(batch, scores);
    expect([...scores.subarray(0, 3)]).toEqual([0, 1, expect.closeTo(Math.SQRT1_2, 6)]);
    expect(scores[3]).toBeCloseTo(0.3, 6);
  });
});

describe('segmentOf', () => {
  const artefact = {
    ...smallArtefact(),
    segments: { vectors: Float32Array.of(1, 0, 0, 1), foundBy: 'k-means', stability: 0.5 } as const,
  };

  it('is the segment whose vector is nearest by cosine, the first of two alike', () => {
    // Item 0 points along x, item 1 along y; 4 * .5 * (2, 0) + 3 * (0, 1) = (4, 3), (2, 3) with half of the first.
    const of = (...strengths: number[]) =>
      segmentOf(artefact, encodeHistory(artefact, Uint32Array.of(0, 1), Float32Array.from(strengths)));
    expect([of(4, 3), of(2, 3), of(3, 3)]).toEqual([0, 1, 0]);
  });

  it('is undefined for a history that says nothing, whatever its prior, or without segments', () => {
    const nothing = encodeHistory(artefact, Uint32Array.of(0), Float32Array.of(-1));
    expect(nothing[2]).toBe(1);
    expect(segmentOf(artefact, nothing)).toBeUndefined();
    expect(segmentOf(smallArtefact(), Float32Array.of(1, 0, 1))).toBeUndefined();
  });
});

describe('saveArtefact and loadArtefact', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'artefact-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it.each([[false], [true]])(
    'gives back the same artefact (users: %s), the same bytes twice, no stray file',
    async (users) => {
      const artefact = smallArtefact(users);
      await saveArtefact(dir, artefact);
      expect(await loadArtefact(dir)).toEqual(users ? artefact : { ...artefact, users: undefined });
      const first = await readFile(path.join(dir, 'vectors.safetensors'));
      await saveArtefact(dir, artefact);
      expect(await readFile(path.join(dir, 'vectors.safetensors'))).toEqual(first);
      const files = ['artefact.json', 'items.json', ...(users ? ['users.json'] : []), 'vectors.safetensors'];
      expect((await readdir(dir)).sort()).toEqual(files);
    },
  );

  it('keeps segments where there are any, and reads files of versions that knew none', async () => {
    const artefact = {
      ...smallArtefact(),
      segments: { vectors: Float32Array.of(1, 0, 0, 1), foundBy: 'k-means', stability: 0.5 } as const,
    };
    await saveArtefact(dir, artefact);
    expect((await loadArtefact(dir)).segments).toEqual(artefact.segments);
    await flipLastByte(path.join(dir, 'vectors.safetensors'));
    await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await saveArtefact(dir, smallArtefact()); // the very bytes that an older version wrote
    expect((await loadArtefact(dir)).segments).toBeUndefined();
  });

  it('keeps the text encoder, and loads what was saved without one', async () => {
    const textEncoder = {
      bucketWeights: Float32Array.of(1, 0, 2),
      bucketVectors: Float32Array.of(1, 0, 0, 0, 0, -1),
      bucketPriors: Float32Array.of(0.5, 0, -0.5),
      prior: 0.25,
    };
    await saveArtefact(dir, { ...smallArtefact(), textEncoder });
    expect((await loadArtefact(dir)).textEncoder).toEqual(textEncoder);
    await saveArtefact(dir, smallArtefact());
    expect(await readFile(path.join(dir, 'artefact.json'), 'utf8')).not.toContain('textEncoder');
    expect((await loadArtefact(dir)).textEncoder).toBeUndefined();
  });

  it('says NOT_FOUND where there is no model', async () => {
    await expect(loadArtefact(path.join(dir, 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each<[string, () => Promise<void>]>([
    ['a flipped bit', () => flipLastByte(path.join(dir, 'vectors.safetensors'))],
    ['a cut file', () => truncate(path.join(dir, 'vectors.safetensors'), 100)],
    ['a file that grew', () => appendFile(path.join(dir, 'items.json'), ' ')],
    ['a missing file', () => rm(path.join(dir, 'items.json'))],
    ['a description that is no JSON', () => writeFile(path.join(dir, 'artefact.json'), '{')],
    ['another format', () => writeFile(path.join(dir, 'artefact.json'), '{"format":2}')],
  ])('refuses %s as MODEL_CORRUPT', async (_, damage) => {
    await saveArtefact(dir, smallArtefact());
    await damage();
    await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  async function flipLastByte(file: string): Promise<void> {
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await writeFile(file, bytes);
  }
});
