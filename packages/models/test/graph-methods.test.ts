import { emptyMatrix, matrixFromTriples, type TrainingData } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { encodeHistory, learnedWidth, type MethodRun } from '../src/index.js';
import { hiddenFound, PLANTED_SETTINGS, plantedClusters, trained } from './graph-fixture.js';
import { prepare, randomData, referenceEngine, resumeHalfway, vocabularyOf } from './learned-fixture.js';

const METHOD_NAMES = Object.keys(PLANTED_SETTINGS);
const ON_GRAPH = ['lightgcn', 'simgcl', 'xsimgcl'];

/** Cosine of a trained user's vector with what their history is folded into, the prior left out. */
function foldInCosine(run: MethodRun, data: TrainingData, user: number): number {
  const artefact = run.artefact(vocabularyOf(data));
  const [start, end] = [data.positives.offsets[user] as number, data.positives.offsets[user + 1] as number];
  const folded = encodeHistory(
    artefact,
    data.positives.columns.slice(start, end),
    data.positives.values.slice(start, end),
  );
  const width = artefact.dimensions - 1;
  let cosine = 0;
  for (let c = 0; c < width; c++) {
    cosine += (folded[c] as number) * (artefact.users?.vectors[user * artefact.dimensions + c] as number);
  }
  return cosine;
}

describe.each(METHOD_NAMES)('%s', (name) => {
  it('finds the hidden items of planted clusters, folded in or not', async () => {
    const clusters = plantedClusters();
    const artefact = await trained(name, clusters);
    expect(await hiddenFound(artefact, clusters)).toBeGreaterThan(0.95);
    expect(await hiddenFound({ ...artefact, users: undefined }, clusters)).toBeGreaterThan(0.95); // all folded in
  });

  it('descends, keeps no tensor, and does the same twice', async () => {
    const data = randomData(23, 11, 'descend');
    const run = await prepare(name, data, { dimensions: 4, epochs: 20 });
    const again = await prepare(name, data, { dimensions: 4, epochs: 20 });
    const before = (await referenceEngine()).tensorCount();
    const losses: number[] = [];
    for (let k = 0; k < 20; k++) {
      losses.push(await run.step());
      expect(await again.step()).toBe(losses[k]);
    }
    expect((losses[0] as number) - (losses.at(-1) as number)).toBeGreaterThan(0.01 * (losses[0] as number));
    expect((await referenceEngine()).tensorCount()).toBe(before);
    expect(again.save()).toEqual(run.save());
  });

  it('goes on from a saved state to the same bytes, also in the middle of an epoch', async () => {
    const data = randomData(13, 11, 'resume');
    const small = { dimensions: 4, batchSize: 4, negatives: 5 };
    const { run, resumed, saved } = await resumeHalfway((seed) => prepare(name, data, small, seed), 2, 4);
    expect(resumed.save()).toEqual(run.save());
    expect(resumed.artefact(vocabularyOf(data))).toEqual(run.artefact(vocabularyOf(data)));
    const wider = await prepare(name, data, { ...small, dimensions: 5 });
    expect(() => wider.restore(saved)).toThrow(expect.objectContaining({ code: 'CHECKPOINT_CORRUPT' }));
  });

  it('trains on one user and one item, on a user who has everything, and refuses an empty log', async () => {
    for (const [users, items] of [
      [1, 1],
      [2, 3],
    ] as const) {
      const run = await prepare(name, fullData(users, items), { dimensions: 4 });
      for (let k = 0; k < 3; k++) expect(Number.isFinite(await run.step())).toBe(true);
      const { itemVectors, users: table } = run.artefact(vocabularyOf(fullData(users, items)));
      expect([...itemVectors, ...(table?.vectors ?? [])].every(Number.isFinite)).toBe(true);
    }
    await expect(prepare(name, randomData(1, 3, 'empty'))).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  it('gives a user without a pair the prior alone', async () => {
    const data = randomData(9, 6, 'prior');
    const { users, dimensions } = (await prepare(name, data, { dimensions: 4 })).artefact(vocabularyOf(data));
    const last = [...(users?.vectors.slice(-dimensions) ?? [])];
    expect(last).toEqual([...new Array(dimensions - 1).fill(0), 1]);
  });
});

describe.each(ON_GRAPH)('%s with bpr', (name) => {
  it('finds the hidden items by inner product, and trains where nobody lacks anything', async () => {
    const clusters = plantedClusters();
    const artefact = await trained(name, clusters, { objective: 'bpr' });
    expect(await hiddenFound(artefact, clusters)).toBeGreaterThan(0.95);
    expect(learnedWidth(artefact)).toBe(artefact.settings.dimensions);
    const run = await prepare(name, fullData(2, 3), { dimensions: 4, objective: 'bpr' });
    for (let k = 0; k < 3; k++) expect(Number.isFinite(await run.step())).toBe(true);
  });
});

describe('folding in on the graph', () => {
  it.each(['simgcl', 'xsimgcl'])('is exact for %s, whose readout leaves the start out', async (name) => {
    const data = randomData(9, 6, 'fold in');
    const run = await prepare(name, data, { dimensions: 4, layers: 3 });
    await run.step();
    for (let user = 0; user < 8; user++) expect(foldInCosine(run, data, user)).toBeCloseTo(1, 5);
  });

  it("misses the user's own vector for lightgcn", async () => {
    const data = randomData(9, 6, 'fold in');
    const run = await prepare('lightgcn', data, { dimensions: 4, layers: 1 });
    const cosines = Array.from({ length: 8 }, (_, user) => foldInCosine(run, data, user));
    expect(Math.min(...cosines)).toBeLessThan(0.99);
  });
});

describe('propagation', () => {
  it('alone brings random vectors of a cluster together, which without it rank at random', async () => {
    const clusters = plantedClusters();
    const run = await prepare('simgcl', clusters.data, { dimensions: 16, layers: 3 });
    const artefact = run.artefact(vocabularyOf(clusters.data));
    expect(await hiddenFound(artefact, clusters)).toBeGreaterThan(0.8);
    const [users, items] = run.tables;
    const bare = {
      ...artefact,
      itemVectors: withPriorZero(items?.values ?? new Float32Array(), 16),
      users: { ids: artefact.users?.ids ?? [], vectors: withPriorZero(users?.values ?? new Float32Array(), 16) },
    };
    expect(await hiddenFound(bare, clusters)).toBeLessThan(0.4);
  });
});

function withPriorZero(rows: Float32Array, width: number): Float32Array {
  const out = new Float32Array((rows.length / width) * (width + 1));
  rows.forEach((value, k) => {
    out[Math.floor(k / width) * (width + 1) + (k % width)] = value;
  });
  return out;
}

/** Everybody has everything. */
function fullData(users: number, items: number): TrainingData {
  const rows = Uint32Array.from({ length: users * items }, (_, k) => Math.floor(k / items));
  const columns = Uint32Array.from({ length: users * items }, (_, k) => k % items);
  const ones = new Float32Array(users * items).fill(1);
  const positives = matrixFromTriples(users, items, rows, columns, ones);
  return { positives, weights: ones, times: undefined, negatives: emptyMatrix(users, items), endTimeMs: undefined };
}
