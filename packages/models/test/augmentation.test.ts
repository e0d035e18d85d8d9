import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { matrixFromTriples, Random, type SparseMatrix, type UserBatch } from '@kindred/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Augmentation,
  type AugmentationSource,
  additionsOf,
  artefactRecommender,
  bestOthers,
  ENOUGH_ITEMS,
  encodeHistory,
  generatedItems,
  itemDistribution,
  loadArtefact,
  type ModelArtefact,
  NeighbourItems,
  type PseudoItemSource,
  prepareAugmentation,
  pseudoItemsOf,
  pseudoWeight,
  saveArtefact,
} from '../src/artefact/index.js';

const ITEMS = 30;
const WIDTH = 4;

function randomArtefact(seed: number, augmentation?: Augmentation): ModelArtefact {
  const random = new Random(seed, 'augmented');
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return {
    method: 'random',
    settings: {},
    items: Array.from({ length: ITEMS }, (_, k) => `i${k}`),
    dimensions: WIDTH + 1,
    itemVectors: normals(ITEMS * (WIDTH + 1)),
    encoder: {
      kind: 'sum',
      contextVectors: normals(ITEMS * WIDTH),
      itemScale: new Float32Array(ITEMS).fill(1),
      shrinkage: 3,
      temperature: 0.2,
      priorWeight: 1,
    },
    fallbackScores: new Float32Array(ITEMS).fill(1),
    ...(augmentation && { augmentation }),
  };
}

function layered(seed: number): ModelArtefact {
  const random = new Random(seed, 'layers');
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const layers = [{ outputs: WIDTH, activation: 'tanh' as const, weights: normals(WIDTH) }];
  const encoder = {
    ...{ kind: 'layers' as const, contextVectors: normals(ITEMS * WIDTH), layers },
    ...{ temperature: 1, priorWeight: 1 },
  };
  return { ...randomArtefact(seed), encoder };
}

/** Random histories of 3 to 9 items. */
function randomHistories(seed: number, users = 40): SparseMatrix {
  const random = new Random(seed, 'histories');
  const pairs = Array.from({ length: users }, (_, user) =>
    [...random.sample(ITEMS, 3 + random.below(7))].map((item) => [user, item] as const),
  ).flat();
  const rows = Uint32Array.from(pairs, ([user]) => user);
  const columns = Uint32Array.from(pairs, ([, item]) => item);
  return matrixFromTriples(users, ITEMS, rows, columns, new Float32Array(pairs.length).fill(1));
}

const SOURCES: readonly PseudoItemSource[] = [
  { kind: 'self' },
  { kind: 'neighbours', neighbours: 5, histories: randomHistories(1) },
  { kind: 'generated', generator: layered(2) },
];

const ones = (count: number) => new Float32Array(count).fill(1);
const noOwnBest = () => {
  throw new Error('only the source `self` asks for it');
};

describe('pseudoWeight', () => {
  it('is the given weight beside one item, falls evenly, and is nothing from eight items on or without any', () => {
    expect(ENOUGH_ITEMS).toBe(8);
    const weights = [1, 2, 3, 5, 7, 8, 9, 100, 0].map((count) => pseudoWeight(0.7, count));
    const expected = [0.7, 0.6, 0.5, 0.3, 0.1, 0, 0, 0, 0];
    weights.forEach((weight, k) => {
      expect(weight).toBeCloseTo(expected[k] as number, 12);
    });
  });
});

describe('pseudoItemsOf', () => {
  it.each(SOURCES)('of $kind gives as many items as asked for, none of the history, none twice', (source) => {
    const random = new Random(3, 'asked');
    const artefact = randomArtefact(4, { source, count: 6, weight: 0.3 });
    const scores = Float32Array.from({ length: ITEMS }, () => random.normal());
    for (let n = 1; n < ENOUGH_ITEMS; n++) {
      const items = random.sample(ITEMS, n + 1);
      const strengths = ones(n + 1);
      strengths[n] = -1; // what was sent back is no taste, and must not come in by this door either
      const found = pseudoItemsOf(artefact, items, strengths, (count) => bestOthers(scores, items, count));
      expect(found?.weight).toBe(pseudoWeight(0.3, n));
      expect(found?.items).toHaveLength(6);
      expect(new Set([...(found?.items ?? []), ...items]).size).toBe(6 + n + 1);
    }
  });

  it('gives nothing to whoever has enough or nothing, to sequences, and without augmentation', () => {
    const augmentation = { source: SOURCES[1] as PseudoItemSource, count: 6, weight: 0.3 };
    const artefact = randomArtefact(4, augmentation);
    const asked = (model: ModelArtefact, n: number, strength = 1) =>
      pseudoItemsOf(
        model,
        Uint32Array.from({ length: n }, (_, k) => k),
        ones(n).fill(strength),
        noOwnBest,
      );
    expect(asked(artefact, 7)).toBeDefined();
    expect(asked(artefact, 8)).toBeUndefined();
    expect(asked(artefact, 0)).toBeUndefined();
    expect(asked(artefact, 3, -1)).toBeUndefined();
    expect(asked(randomArtefact(4), 1)).toBeUndefined();
    const sequence = { ...artefact.encoder, kind: 'sequence' } as unknown as ModelArtefact['encoder'];
    expect(asked({ ...artefact, encoder: sequence }, 1)).toBeUndefined();
  });
});

describe('NeighbourItems', () => {
  it('are those of a slow twin: cosines with everybody, the votes of the nearest', () => {
    const random = new Random(5, 'neighbours');
    for (let seed = 1; seed <= 20; seed++) {
      const histories = randomHistories(seed);
      const items = random.sample(ITEMS, 1 + random.below(4));
      const found = new NeighbourItems(histories, 7).propose(items, items, 5);
      expect([...found]).toEqual(slowNeighbourItems(histories, [...items], 7, 5));
    }
  });

  it('finds the items of the one group of people that somebody belongs to', () => {
    // Users of even number have items of 0 .. 14, the others of 15 .. 29.
    const random = new Random(6, 'groups');
    const pairs = Array.from({ length: 60 }, (_, user) =>
      [...random.sample(15, 6)].map((item) => [user, item + 15 * (user % 2)] as const),
    ).flat();
    const rows = Uint32Array.from(pairs, ([user]) => user);
    const columns = Uint32Array.from(pairs, ([, item]) => item);
    const neighbours = new NeighbourItems(matrixFromTriples(60, ITEMS, rows, columns, ones(pairs.length)), 10);
    expect([...neighbours.propose(Uint32Array.of(3), Uint32Array.of(3), 10)].every((item) => item < 15)).toBe(true);
    expect([...neighbours.propose(Uint32Array.of(20), Uint32Array.of(20), 10)].every((item) => item >= 15)).toBe(true);
    expect(neighbours.propose(new Uint32Array(0), new Uint32Array(0), 10)).toHaveLength(0);
  });

  it('are made of the histories once, when the model is prepared or else when they are first asked for', () => {
    let reads = 0;
    const histories = randomHistories(2);
    const source = {
      kind: 'neighbours',
      neighbours: 5,
      get histories() {
        reads += 1;
        return histories;
      },
    } as const;
    const artefact = { ...layered(7), augmentation: { count: 4, weight: 0.5, source } };
    const ask = () => pseudoItemsOf(artefact, Uint32Array.of(3), ones(1), () => new Uint32Array(0));
    prepareAugmentation(layered(7));
    expect(reads).toBe(0);
    prepareAugmentation(artefact);
    expect(reads).toBe(1);
    const first = ask();
    expect([...(first?.items ?? [])]).toEqual(slowNeighbourItems(histories, [3], 5, 4));
    expect(ask()).toEqual(first);
    expect(reads).toBe(1);
  });

  it('are those who have something else, however many have just the same', () => {
    const pairs = [...Array.from({ length: 30 }, (_, user) => [user, 0]), [30, 0], [30, 7], [31, 0], [31, 7]];
    const of = (side: number) => Uint32Array.from(pairs, (pair) => pair[side] as number);
    const neighbours = new NeighbourItems(matrixFromTriples(32, ITEMS, of(0), of(1), ones(pairs.length)), 5);
    expect([...neighbours.propose(Uint32Array.of(0), Uint32Array.of(0), 10)]).toEqual([7]);
  });
});

function slowNeighbourItems(histories: SparseMatrix, items: number[], neighbours: number, count: number): number[] {
  const owned = Array.from({ length: histories.rowCount }, (_, user) => [
    ...histories.columns.subarray(histories.offsets[user], histories.offsets[user + 1]),
  ]);
  const alike = owned
    .map((own, user) => {
      const shared = own.filter((item) => items.includes(item)).length;
      return { user, similarity: shared / (Math.sqrt(items.length) * Math.sqrt(own.length)) };
    })
    .filter(({ user, similarity }) => similarity > 0 && owned[user]?.some((item) => !items.includes(item)))
    .sort((a, b) => b.similarity - a.similarity || a.user - b.user)
    .slice(0, neighbours);
  const votes = new Array<number>(ITEMS).fill(0);
  for (const { user, similarity } of alike)
    for (const item of owned[user] ?? []) votes[item] = (votes[item] ?? 0) + similarity;
  return [...votes.keys()]
    .filter((item) => !items.includes(item) && (votes[item] ?? 0) > 0)
    .sort((a, b) => (votes[b] ?? 0) - (votes[a] ?? 0) || a - b)
    .slice(0, count);
}

it('generatedItems are the largest of the distribution', () => {
  const generator = layered(7);
  const items = Uint32Array.of(4, 9);
  const chances = itemDistribution(generator, items, ones(2));
  const expected = [...chances.keys()]
    .filter((item) => item !== 4 && item !== 9)
    .sort((a, b) => (chances[b] as number) - (chances[a] as number))
    .slice(0, 5);
  expect([...generatedItems(generator, items, ones(2), 5)]).toEqual(expected);
});

describe('encodeHistory of an artefact that augments by popularity', () => {
  const augmentation: Augmentation = { source: { kind: 'popularity' }, count: 0, weight: 4 };

  it.each([
    ['a sum', randomArtefact(8)],
    ['layers', layered(9)],
  ])('counts the prior 1 + w(n) times, n the items that tell something, and moves nothing else: %s', (_, artefact) => {
    const augmented = { ...artefact, augmentation };
    const prior = (of: ModelArtefact, n: number) => {
      // The last item was sent back: it tells nothing.
      const items = Uint32Array.from({ length: n + 1 }, (_each, k) => k);
      const strengths = Float32Array.from(items, (k) => (k < n ? 2 : -1));
      const vector = encodeHistory(of, items, strengths);
      return { direction: [...vector.subarray(0, WIDTH)], prior: vector[WIDTH] as number };
    };
    for (const n of [0, 1, 2, 5, 7, 8, 12]) {
      const [plain, more] = [prior(artefact, n), prior(augmented, n)];
      expect(more.direction).toEqual(plain.direction);
      const expected = n === 0 || n >= ENOUGH_ITEMS ? 1 : 1 + (4 * (8 - n)) / 7;
      expect(more.prior / plain.prior).toBeCloseTo(expected, 6);
    }
  });

  it('has no pseudo-items', () => {
    expect(
      pseudoItemsOf({ ...randomArtefact(8), augmentation }, Uint32Array.of(1), ones(1), noOwnBest),
    ).toBeUndefined();
  });
});

describe('encodeHistory with pseudo-items', () => {
  const items = Uint32Array.of(2, 5);
  const strengths = Float32Array.of(4, 2);
  const pseudo = { items: Uint32Array.of(7, 8, 9), weight: 0.1 };

  it('sums them at their weight of a mean real item, and trusts the real items alone', () => {
    const artefact = randomArtefact(8);
    const vector = encodeHistory(artefact, items, strengths, undefined, undefined, pseudo);
    const all = Uint32Array.of(2, 5, 7, 8, 9);
    const longer = encodeHistory(artefact, all, Float32Array.of(4, 2, 0.3, 0.3, 0.3));
    const real = encodeHistory(artefact, items, strengths);
    const length = (of: Float32Array) => Math.hypot(...of.subarray(0, WIDTH));
    for (let c = 0; c < WIDTH; c++) {
      expect((vector[c] as number) / length(vector)).toBeCloseTo((longer[c] as number) / length(longer), 5);
    }
    expect(length(vector)).toBeCloseTo(length(real), 6);
    expect(length(vector)).toBeCloseTo(Math.sqrt(2 / 5), 6);
    expect(length(longer)).toBeCloseTo(Math.sqrt(5 / 8), 6);
    expect(vector[WIDTH]).toBe(real[WIDTH]);
  });

  it('tells them to layers as weaker inputs', () => {
    const artefact = layered(9);
    const told = encodeHistory(artefact, items, ones(2), undefined, undefined, pseudo);
    const same = encodeHistory(artefact, Uint32Array.of(2, 5, 7, 8, 9), Float32Array.of(1, 1, 0.1, 0.1, 0.1));
    expect([...told]).toEqual([...same]);
  });
});

it('additionsOf weighs rows of the union, and puts no pseudo-item first', () => {
  const weights = matrixFromTriples(
    ITEMS,
    ITEMS,
    Uint32Array.of(0, 1, 1),
    Uint32Array.of(2, 2, 3),
    Float32Array.of(1, 2, 4),
  );
  const artefact: ModelArtefact = {
    ...randomArtefact(10),
    union: { name: 'ease', weights, share: 1, vectorShare: 1 },
    ownItemsFirst: { strengthWeight: 1 },
  };
  const pseudo = { items: Uint32Array.of(1), weight: 0.5 };
  const sums = new Float64Array(ITEMS);
  const { positions, values } = additionsOf(artefact, Uint32Array.of(0), ones(1), sums, pseudo);
  // Item 2: 1 + .5 * 2, item 3: .5 * 4, the trust is that of the one real item with k = 3; then the own item 0, alone.
  expect(positions).toEqual([2, 3, 0]);
  expect(values).toEqual([0.5, 0.5, 100]);
  expect(sums.every((value) => value === 0)).toBe(true);
});

describe('artefactRecommender', () => {
  const histories = randomHistories(11, 12); // 3 to 9 items: some augmented, some not
  const batch: UserBatch = { history: histories, times: undefined, users: undefined };
  const scored = async (artefact: ModelArtefact) => {
    const scores = new Float32Array(12 * ITEMS);
    await artefactRecommender(artefact).score(batch, scores);
    return scores;
  };

  it.each(SOURCES)('with $kind moves short histories and leaves those alone that are long enough', async (source) => {
    const plain = await scored(randomArtefact(12));
    const augmented = await scored(randomArtefact(12, { source, count: 5, weight: 1 }));
    for (let row = 0; row < 12; row++) {
      const length = (histories.offsets[row + 1] as number) - (histories.offsets[row] as number);
      const [before, after] = [plain, augmented].map((of) => [...of.subarray(row * ITEMS, (row + 1) * ITEMS)]);
      if (length >= ENOUGH_ITEMS) expect(after).toEqual(before);
      else expect(after).not.toEqual(before);
    }
  });

  it('adds the very items that it ranks best itself, by the source `self`', async () => {
    const artefact = randomArtefact(13, { source: { kind: 'self' }, count: 3, weight: 1 });
    const plain = await scored(randomArtefact(13));
    const augmented = await scored(artefact);
    const items = histories.columns.subarray(0, histories.offsets[1]);
    const best = [...plain.subarray(0, ITEMS).keys()]
      .filter((item) => !items.includes(item))
      .sort((a, b) => (plain[b] as number) - (plain[a] as number))
      .slice(0, 3);
    const weight = pseudoWeight(1, items.length);
    const vector = encodeHistory(artefact, items, ones(items.length), undefined, undefined, {
      items: Uint32Array.from(best),
      weight,
    });
    for (let item = 0; item < ITEMS; item++) {
      const row = artefact.itemVectors.subarray(item * (WIDTH + 1), (item + 1) * (WIDTH + 1));
      const score = row.reduce((sum, value, c) => sum + value * (vector[c] as number), 0);
      expect(augmented[item]).toBeCloseTo(score, 4);
    }
  });
});

describe('files of an artefact that augments', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'augmented-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it.each<AugmentationSource>([{ kind: 'popularity' }, ...SOURCES])('give back $kind', async (source) => {
    const augmentation = { source, count: source.kind === 'popularity' ? 0 : 10, weight: 0.3 };
    await saveArtefact(dir, randomArtefact(14, augmentation));
    expect((await loadArtefact(dir)).augmentation).toEqual(augmentation);
    expect((await readdir(dir)).includes('generator')).toBe(source.kind === 'generated');
  });

  it('say nothing of augmentation where there is none', async () => {
    await saveArtefact(dir, randomArtefact(14));
    expect(await readFile(path.join(dir, 'artefact.json'), 'utf8')).not.toContain('augmentation');
    expect(await loadArtefact(dir)).not.toHaveProperty('augmentation');
  });

  it.each<[string, AugmentationSource, Partial<Augmentation>]>([
    ['popularity and items', { kind: 'popularity' }, { count: 3 }],
    [
      'a generator of other items',
      { kind: 'generated', generator: { ...layered(2), items: [...layered(2).items].reverse() } },
      {},
    ],
    ['no pseudo-items', { kind: 'self' }, { count: 0 }],
    ['half a pseudo-item', { kind: 'self' }, { count: 1.5 }],
    ['no weight', { kind: 'self' }, { weight: 0 }],
    ['an unknown source', { kind: 'oracle' } as unknown as PseudoItemSource, {}],
    ['no neighbours', { kind: 'neighbours', neighbours: 0, histories: randomHistories(1) }, {}],
    [
      'histories of other items',
      { kind: 'neighbours', neighbours: 3, histories: { ...randomHistories(1), columns: Uint32Array.of(ITEMS) } },
      {},
    ],
  ])('are refused with %s', async (_, source, wrong) => {
    await saveArtefact(dir, randomArtefact(14, { source, count: 10, weight: 0.3, ...wrong }));
    await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  it.each(['generator/artefact.json', 'generator/vectors.safetensors'])(
    'are refused with a damaged %s',
    async (name) => {
      await saveArtefact(dir, randomArtefact(14, { source: SOURCES[2] as PseudoItemSource, count: 10, weight: 0.3 }));
      const file = path.join(dir, name);
      const bytes = await readFile(file);
      bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1;
      await writeFile(file, bytes);
      await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    },
  );
});
