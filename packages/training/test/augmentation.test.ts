import { emptyMatrix, KindredError, matrixFromTriples, Random, type SparseMatrix } from '@kindred/domain';
import { trainedCohort } from '@kindred/evaluation';
import { artefactRecommender, type ModelArtefact } from '@kindred/models';
import type { AugmentationSource } from '@kindred/models/artefact';
import { describe, expect, it } from 'vitest';
import { type AugmentationBench, openBench } from '../src/augmentation/augmentation-bench.js';
import { crossFitted } from '../src/augmentation/choose-augmentation.js';
import { chooseAugmentation, createAugmentationSource, type SourceFactory, trainModel } from '../src/index.js';
import { clusters, type Log, referenceEngine, requestFor } from './fixture.js';

/** How many items somebody of one item goes on to. */
const FOUND = 20;
const log = clusters({ users: 120, items: 45, clusters: 3 });

async function sourceOf(name: string, { data, vocabulary }: Log = log): Promise<AugmentationSource> {
  const made = await createAugmentationSource(name, { data, vocabulary, engine: await referenceEngine(), seed: 1 });
  return made.source;
}

function factoryOf(name: string): SourceFactory {
  return async (data, vocabulary) => sourceOf(name, { ...log, data, vocabulary });
}

async function choose(
  artefact: ModelArtefact,
  sources: Readonly<Record<string, SourceFactory>>,
  changes: Partial<Parameters<typeof chooseAugmentation>[0]> = {},
) {
  const engine = await referenceEngine();
  const { data, heldOut: validation, vocabulary } = log;
  return chooseAugmentation({
    model: async () => artefact,
    data,
    validation,
    vocabulary,
    sources,
    mask: 'seen',
    engine,
    seed: 1,
    ...changes,
  });
}

/** A model, or a generator, that knows nothing. */
function drawnVectors(artefact: ModelArtefact, seed: number): ModelArtefact {
  const random = new Random(seed, 'vectors of nothing');
  const drawn = (values: Float32Array) => values.map(() => random.normal());
  const { itemVectors, encoder } = artefact;
  return {
    ...artefact,
    itemVectors: drawn(itemVectors),
    encoder: { ...encoder, contextVectors: drawn(encoder.contextVectors) },
  };
}

/** Every item points somewhere of its own: nothing is known of what goes together, but each finds itself. */
async function blindArtefact(): Promise<ModelArtefact> {
  const { artefact } = await trainModel(await requestFor(log, { epochs: 1 }));
  const { dimensions, items } = artefact;
  const width = dimensions - 1;
  const angle = (item: number, c: number) => Math.sin((item + 1) * (c + 1) * 12.9898 + item * c);
  const contextVectors = Float32Array.from({ length: items.length * width }, (_, k) =>
    angle(Math.floor(k / width), k % width),
  );
  const itemVectors = Float32Array.from({ length: items.length * dimensions }, (_, k) => {
    const c = k % dimensions;
    return c === width ? 0 : (contextVectors[Math.floor(k / dimensions) * width + c] as number);
  });
  return { ...artefact, itemVectors, encoder: { ...artefact.encoder, contextVectors } };
}

describe('chooseAugmentation', () => {
  it('takes what knows more than the model, and says what it gained', async () => {
    const chosen = await choose(await blindArtefact(), { neighbours: factoryOf('neighbours') });
    expect(chosen.augmentation?.source).toBe('neighbours');
    const [arm] = chosen.arms ?? [];
    expect(arm?.difference).toBeGreaterThan(0.1);
    expect(arm?.difference).toBeCloseTo((arm?.ndcg ?? 0) - (arm?.without ?? 0), 10);
    expect(arm?.interval[0]).toBeGreaterThan(0);
    expect(chosen.because).toMatch(/^short histories are ranked with .* items by neighbours of weight .*: NDCG@20/);
    expect(chosen.users).toBe(30);
  });

  it('flatters nobody who knows nothing: whoever compares has had no say in the choice', {
    timeout: 120_000,
  }, async () => {
    const { artefact } = await trainModel(await requestFor(log, { epochs: 1 }));
    const gains: number[] = [];
    for (let draw = 0; draw < 60; draw++) {
      const generator = drawnVectors(artefact, 2 * draw);
      const nothing: SourceFactory = async () => ({ kind: 'generated', generator });
      const chosen = await choose(drawnVectors(artefact, 2 * draw + 1), { nothing }, { seed: draw });
      const [arm] = chosen.arms ?? [];
      gains.push((arm?.difference ?? Number.NaN) / (arm?.without ?? Number.NaN));
    }
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
    const deviation = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1));
    expect(mean).toBeLessThan((2 * deviation) / Math.sqrt(gains.length));
  });

  it('tells nobody their own items: in a log where nobody has anything in common neighbours know nothing', async () => {
    const lonely = lonelyLog(80);
    const { artefact } = await trainModel(await requestFor(lonely, { epochs: 1 }));
    // One item of somebody leads to their next one, all of them to what is held out: whoever finds themselves wins.
    const count = lonely.vocabulary.items.length;
    const rows = Uint32Array.from({ length: count }, (_, item) => item);
    const next = rows.map((item) => 6 * Math.floor(item / 6) + ((item + 1) % 6));
    const weights = matrixFromTriples(count, count, rows, next, new Float32Array(count).fill(1));
    const itemVectors = artefact.itemVectors.map((_, k) => Math.sin(k * k));
    const ring = { ...artefact, itemVectors, union: { name: 'ring', weights, share: 1, vectorShare: 1e-6 } };
    const { data, heldOut: validation, vocabulary } = lonely;
    const chosen = await choose(ring, { neighbours: factoryOf('neighbours') }, { data, validation, vocabulary });
    expect(chosen.augmentation).toBeUndefined();
    expect(chosen.arms[0]?.difference).toBe(0);
  });

  it('switches off what does not help, and what is asked for stays', async () => {
    const { artefact } = await trainModel(await requestFor(log));
    const wrong = async () => wrongGenerator(artefact);
    const left = await choose(artefact, { wrong });
    expect(left.augmentation).toBeUndefined();
    expect(left.arms[0]?.difference).toBeLessThan(0);
    expect(left.because).toMatch(/^short histories stay as they are: .* not better beyond chance$/);
    const asked = await choose(artefact, { wrong }, { asked: 'wrong' });
    expect(asked.augmentation).toMatchObject({ source: 'wrong' });
    expect(asked.because).toMatch(/asked for though it is not better/);
  });

  it('compares the others where a source learns nothing, and says so', async () => {
    const degenerate: SourceFactory = async () => {
      throw new KindredError('TRAINING_DEGENERATE', 'the loss became NaN');
    };
    const sources = { degenerate, neighbours: factoryOf('neighbours') };
    const chosen = await choose(await blindArtefact(), sources);
    expect(chosen.arms.map(({ source }) => source)).toEqual(['neighbours']);
    expect(chosen.leftOut).toEqual([{ source: 'degenerate', because: 'the loss became NaN' }]);
    await expect(choose(await blindArtefact(), sources, { asked: 'degenerate' })).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
    });
  });

  it('compares nothing where nobody can be asked, and what is asked for adds the least that it may', async () => {
    const artefact = await blindArtefact();
    const sources = { neighbours: factoryOf('neighbours') };
    const [nobody, least] = [
      { arms: [], users: 0, trainedUsers: 120 },
      { source: 'neighbours', count: 10, weight: 0.1 },
    ];
    for (const validation of [undefined, { ...log.heldOut, items: emptyMatrix(120, 45) }]) {
      const left = await choose(artefact, sources, { validation });
      expect(left).toMatchObject({ ...nobody, augmentation: undefined });
      expect(left.because).toMatch(/^short histories stay as they are: too few users of validation/);
      const asked = await choose(artefact, sources, { validation, asked: 'neighbours' });
      expect(asked).toMatchObject({ ...nobody, augmentation: least });
      expect(asked.because).toMatch(
        /10 items by neighbours of weight 0.1, which was asked for; there are too few users/,
      );
    }
    const more = await choose(artefact, {}, { validation: undefined, asked: 'popularity' });
    expect(more.augmentation).toEqual({ source: 'popularity', count: 0, weight: 0.5 });
  });

  it('asks more users than it sets by', async () => {
    // A catalogue of 45 items sets by 2,000 users; a quarter of 12,000 is asked.
    const crowd = clusters({ users: 12_000, items: 45, clusters: 3 });
    const { artefact, validation } = misled(drawnVectors(await blindArtefact(), 1), crowd);
    const chosen = await choose(
      artefact,
      { popularity: factoryOf('popularity') },
      { data: crowd.data, vocabulary: crowd.vocabulary, validation },
    );
    expect(chosen.augmentation).toMatchObject({ source: 'popularity' });
    expect(chosen.users).toBe(3000);
  });

  it('stops between two of its measurements', async () => {
    const stop = new AbortController();
    const sources = {
      first: async (...given: Parameters<SourceFactory>) => {
        stop.abort();
        return factoryOf('neighbours')(...given);
      },
    };
    const choosing = choose(await blindArtefact(), sources, { signal: stop.signal });
    await expect(choosing).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('counts those for whom something is added by all that they have in the end, what validation held out too', async () => {
    // Seven items of everybody, and one more: a new one, one that they have already, one that train has never seen.
    const more = ['new', 'again', 'unseen'] as const;
    const count = more.length * 40;
    const at = (item: number) => item % log.vocabulary.items.length;
    const matrix = (pairs: readonly (readonly [user: number, item: number])[]) =>
      matrixFromTriples(
        count,
        log.vocabulary.items.length,
        Uint32Array.from(pairs, ([user]) => user),
        Uint32Array.from(pairs, ([, item]) => at(item)),
        new Float32Array(pairs.length).fill(1),
      );
    const users = Array.from({ length: count }, (_, user) => user);
    const positives = matrix(users.flatMap((user) => [0, 1, 2, 3, 4, 5, 6].map((k) => [user, user + k] as const)));
    const moreOf = (user: number) => more[user % more.length];
    const heldOut = users.filter((user) => moreOf(user) !== 'unseen');
    const chosen = await choose(
      await blindArtefact(),
      { self: factoryOf('self') },
      {
        data: {
          ...log.data,
          positives,
          weights: positives.values,
          negatives: emptyMatrix(count, positives.columnCount),
        },
        validation: {
          items: matrix(heldOut.map((user) => [user, moreOf(user) === 'new' ? user + 7 : user])),
          unknownItems: Uint32Array.from(users, (user) => Number(moreOf(user) === 'unseen')),
        },
      },
    );
    expect(chosen).toMatchObject({ sparseUsers: count / more.length, trainedUsers: count });
  });

  it('leaves histories as they are where those who have so few by themselves would lose', async () => {
    const clustered = clusters({ users: 500, items: 120, clusters: 3 });
    const trained = await trainModel(await requestFor(clustered, { epochs: 1 }));
    const { artefact, ...mixed } = await withFirstTimers(0, clustered, trained.artefact);
    const sources = { popularity: factoryOf('popularity') };
    const helped = await choose(artefact, sources, mixed);
    expect(helped.augmentation).toMatchObject({ source: 'popularity' });
    expect(helped.arms[0]?.sparse).toEqual({ users: 0, ndcg: 0, without: 0 });
    const { artefact: same, ...crowded } = await withFirstTimers(260, clustered, trained.artefact);
    const left = await choose(same, sources, crowded);
    const [arm] = left.arms ?? [];
    expect(arm?.difference).toBeGreaterThan(0);
    expect(arm?.p).toBeLessThan(0.05);
    expect(arm?.sparse.users).toBeGreaterThanOrEqual(30);
    expect(arm?.sparse.ndcg).toBeLessThan(arm?.sparse.without as number);
    expect(left.augmentation).toBeUndefined();
    expect(left.because).toMatch(/, worse for those \d+ among them who have so few by themselves \(.* against .*\)$/);
    const asked = await choose(same, sources, { ...crowded, asked: 'popularity' });
    expect(asked.augmentation).toMatchObject({ source: 'popularity' });
    expect(asked.because).toMatch(/asked for though it is worse for those/);
  });

  it('turns popularity up where histories mislead, and takes nothing heavier that does no more', async () => {
    const { artefact } = await trainModel(await requestFor(log));
    const { artefact: aimless, validation } = misled(artefact);
    const sources = { popularity: factoryOf('popularity'), neighbours: factoryOf('neighbours') };
    const chosen = await choose(aimless, sources, { validation });
    expect(chosen.augmentation).toEqual({ source: 'popularity', count: 0, weight: 32 });
    expect(chosen.arms[0]?.difference).toBeGreaterThan(0.05);
    expect(chosen.because).toMatch(
      /^short histories are ranked with the prior of popularity counted 33 times for a single/,
    );
  });

  it('prefers what asks for least among sources that are level', async () => {
    const neighbours = factoryOf('neighbours');
    const chosen = await choose(await blindArtefact(), { first: neighbours, second: neighbours });
    expect(chosen.arms.map(({ difference }) => difference)[0]).toBe(chosen.arms[1]?.difference);
    expect(chosen.augmentation?.source).toBe('first');
  });

  it('is the same twice', async () => {
    const artefact = await blindArtefact();
    const sources = { self: factoryOf('self'), dae: factoryOf('dae') };
    expect(await choose(artefact, sources)).toEqual(await choose(artefact, sources));
  });
});

describe('crossFitted', () => {
  it('has figures of all who are asked, of those who set nothing by the choice that is kept', async () => {
    const { artefact, validation } = misled(await blindArtefact());
    const cohort = trainedCohort(log.data, validation, { mask: 'seen' });
    const parts = { artefact, mask: 'seen' as const, engine: await referenceEngine(), seed: 1 };
    const bench = openBench({ ...parts, setters: 21 }, cohort) as AugmentationBench;
    const { setters, comparers, asked } = bench;
    expect(setters.map((rows) => rows.length)).toEqual([10, 11]);
    expect([...setters.flatMap((rows) => [...rows]), ...comparers]).toEqual([...asked]);
    const { trial, figures } = await crossFitted(bench, await sourceOf('popularity'));
    const all = await bench.measure(trial, asked);
    const plain = await bench.measure(undefined, asked);
    for (const row of comparers) {
      expect(figures.perUser[row]).toBe(all.perUser[row]);
      expect(figures.perUser[row]).toBeGreaterThan(plain.perUser[row] as number);
    }
    for (const row of setters.flatMap((rows) => [...rows])) expect(figures.perUser[row]).toBeGreaterThan(0);
    const some = await bench.measure(undefined, comparers);
    const isAsked = new Set(comparers);
    expect(some.perUser).toEqual(plain.perUser.map((value, row) => (isAsked.has(row) ? value : 0)));
    const everybody = openBench({ ...parts, setters: 2000 }, cohort);
    expect(everybody?.comparers).toHaveLength(0);
    expect(everybody?.setters.flatMap((rows) => [...rows])).toEqual([...asked]);
  });
});

describe('createAugmentationSource', () => {
  it('is the model itself, the users alike, or a method that is trained for it', async () => {
    expect(await sourceOf('self')).toEqual({ kind: 'self' });
    expect(await sourceOf('neighbours')).toMatchObject({ kind: 'neighbours', neighbours: 20 });
    const generated = await sourceOf('dae');
    expect(generated).toMatchObject({ kind: 'generated', generator: { method: 'dae' } });
    await expect(sourceOf('nobody')).rejects.toMatchObject({ code: 'METHOD_UNKNOWN' });
  });
});

/** Users of clusters who go on to what is popular, with a model that is misled, and people with one item who go on to what it ranks first. */
async function withFirstTimers(count: number, clustered: Log, trained: ModelArtefact) {
  const { data, vocabulary } = clustered;
  const { artefact: aimless, validation } = misled(trained, clustered);
  const artefact = { ...aimless, users: undefined };
  const itemCount = vocabulary.items.length;
  const own = matrixFromTriples(
    count,
    itemCount,
    Uint32Array.from({ length: count }, (_, k) => k),
    Uint32Array.from({ length: count }, (_, k) => k % itemCount),
    new Float32Array(count).fill(1),
  );
  const scores = new Float32Array(count * itemCount);
  const batch = { history: own, users: Uint32Array.from({ length: count }, (_, k) => k), times: undefined };
  await artefactRecommender(artefact).score(batch, scores);
  const found = Array.from({ length: count }, (_, k) => {
    const of = scores.subarray(k * itemCount, (k + 1) * itemCount);
    const others = Array.from(of.keys()).filter((item) => item !== k % itemCount);
    return others.sort((i, j) => (of[j] as number) - (of[i] as number)).slice(0, FOUND);
  });
  const goneOnTo = matrixFromTriples(
    count,
    itemCount,
    Uint32Array.from(found.flatMap((items, k) => items.map(() => k))),
    Uint32Array.from(found.flat()),
    new Float32Array(found.flat().length).fill(1),
  );
  const positives = stacked(data.positives, own);
  return {
    artefact,
    data: { ...data, positives, weights: positives.values, negatives: emptyMatrix(positives.rowCount, itemCount) },
    validation: { items: stacked(validation.items, goneOnTo), unknownItems: new Uint32Array(positives.rowCount) },
    vocabulary: { ...vocabulary, users: Array.from({ length: positives.rowCount }, (_, k) => `u${k}`) },
  };
}

function stacked(above: SparseMatrix, below: SparseMatrix): SparseMatrix {
  const rowsOf = ({ offsets, rowCount }: SparseMatrix, first: number) =>
    Array.from({ length: rowCount }, (_, row) =>
      new Array<number>((offsets[row + 1] as number) - (offsets[row] as number)).fill(first + row),
    ).flat();
  return matrixFromTriples(
    above.rowCount + below.rowCount,
    above.columnCount,
    Uint32Array.from([...rowsOf(above, 0), ...rowsOf(below, above.rowCount)]),
    Uint32Array.from([...above.columns, ...below.columns]),
    Float32Array.from([...above.values, ...below.values]),
  );
}

/** The vectors point anywhere; the prior is right: some items are what everybody goes on to. */
function misled(artefact: ModelArtefact, of: Log = log) {
  const { positives } = of.data;
  const fashion = [3, 8, 18, 23, 33, 38];
  const { dimensions, itemVectors } = artefact;
  const prior = (item: number) => (fashion.includes(item) ? 0.1 : 0);
  const aimless = itemVectors.map((_, k) =>
    k % dimensions === dimensions - 1 ? prior(Math.floor(k / dimensions)) : Math.sin(k * k),
  );
  const pairs = Array.from({ length: positives.rowCount }, (_, user) => {
    const own = positives.columns.subarray(positives.offsets[user], positives.offsets[user + 1]);
    return fashion.filter((item) => !own.includes(item)).map((item) => [user, item] as const);
  }).flat();
  const [rows, columns] = [pairs.map(([user]) => user), pairs.map(([, item]) => item)].map((list) =>
    Uint32Array.from(list),
  );
  const items = matrixFromTriples(
    positives.rowCount,
    positives.columnCount,
    rows as Uint32Array,
    columns as Uint32Array,
    new Float32Array(pairs.length).fill(1),
  );
  return {
    artefact: { ...artefact, itemVectors: aimless, encoder: { ...artefact.encoder, priorWeight: 1 } },
    validation: { ...of.heldOut, items },
  };
}

/** Expects of everybody what the users of another cluster have. */
function wrongGenerator({ itemVectors, ...artefact }: ModelArtefact): AugmentationSource {
  const cluster = 15 * artefact.dimensions;
  const moved = itemVectors.map((_, k) => itemVectors[(k + cluster) % itemVectors.length] as number);
  return { kind: 'generated', generator: { ...artefact, itemVectors: moved } };
}

/** Everybody has six items of their own, the last one held out. */
function lonelyLog(count: number): Log {
  const pairs = Array.from({ length: 6 * count }, (_, item) => [Math.floor(item / 6), item] as const);
  const matrix = (of: typeof pairs) => {
    const [rows, columns] = [of.map(([user]) => user), of.map(([, item]) => item)];
    const values = new Float32Array(of.length).fill(1);
    return matrixFromTriples(count, 6 * count, Uint32Array.from(rows), Uint32Array.from(columns), values);
  };
  const positives = matrix(pairs.filter(([, item]) => item % 6 < 5));
  return {
    data: { ...log.data, positives, weights: positives.values, negatives: emptyMatrix(count, 6 * count) },
    heldOut: { items: matrix(pairs.filter(([, item]) => item % 6 === 5)), unknownItems: new Uint32Array(count) },
    vocabulary: {
      users: Array.from({ length: count }, (_, k) => `u${k}`),
      items: Array.from({ length: 6 * count }, (_, k) => `i${k}`),
    },
  };
}
