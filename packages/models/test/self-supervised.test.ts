import {
  type Event,
  emptyMatrix,
  hasEntry,
  type ItemId,
  matrixFromTriples,
  Random,
  rowEntries,
  type SparseMatrix,
  type TrainingData,
  type UserId,
} from '@kindred/domain';
import { bootstrapLoss } from '@kindred/objectives';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { describe, expect, it } from 'vitest';
import { encodeHistory, getMethod, resolveSettings, segmentOf } from '../src/index.js';
import { inverseRootPopularity } from '../src/popularity.js';
import { generatedOfSparseUsers } from '../src/self-supervised/generated-items.js';
import { followTable } from '../src/self-supervised/momentum-copy.js';
import { stackedPart, stackRows } from '../src/self-supervised/stacked-rows.js';
import { createViewBatch, oneItemOfEach } from '../src/self-supervised/view-batch.js';
import { ViewPairs } from '../src/self-supervised/view-pairs.js';
import { readViewSettings, VIEW_NAMES } from '../src/self-supervised/view-settings.js';
import { ViewTraining } from '../src/self-supervised/view-training.js';
import { readSwavSettings, SWAV_SETTINGS } from '../src/swav/swav-settings.js';
import { usersWithPositives } from '../src/users-with-positives.js';
import { prepare, randomData, referenceEngine, resumeHalfway, vocabularyOf } from './learned-fixture.js';
import { plantedClusters, plantedNdcg, trainToEnd } from './planted-clusters.js';

const NAMES = ['simclr', 'moco', 'byol', 'swav'] as const;
const planted = plantedClusters({ groups: 3, usersPerGroup: 12, itemsPerGroup: 8, held: 2, noise: 1 });
/** Small, and without the prior: popularity says nothing of the groups. */
const SMALL: Readonly<Record<string, number>> = { dimensions: 12, priorStrength: 0, epochs: 30 };
/** What each method needs beside: prototypes for a log of so few users. */
const OWN: Readonly<Record<string, Record<string, number>>> = { swav: { segments: 6 } };
const settingsOf = (name: string) => ({ ...SMALL, ...OWN[name] });

describe.each(NAMES)('%s', (name) => {
  it('goes on from a saved state to the same bytes, also in the middle of an epoch', async () => {
    const data = randomData(13, 11, 'resume', true);
    const small = { dimensions: 4, batchSize: 4, noise: 0.1, view: 'crop' };
    const { run, resumed } = await resumeHalfway((seed) => prepare(name, data, small, seed), 3, 5);
    expect(resumed.save()).toEqual(run.save());
    expect(resumed.artefact(vocabularyOf(data))).toEqual(run.artefact(vocabularyOf(data)));
  });

  it('refuses a state of another shape, and data without a positive', async () => {
    const data = randomData(13, 11, 'resume');
    const saved = (await prepare(name, data, { dimensions: 5 })).save();
    const run = await prepare(name, data, { dimensions: 4 });
    expect(() => run.restore(saved)).toThrow(expect.objectContaining({ code: 'CHECKPOINT_CORRUPT' }));
    await expect(prepare(name, randomData(1, 3, 'empty'))).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  it('keeps no tensor, and needs no more than one user and one item', async () => {
    for (const data of [pairsOf(1, 1, [[0, 0]]), pairsOf(1, 3, [[0, 1]]), everything(3, 5)]) {
      const run = await prepare(name, data, { dimensions: 4 });
      const before = (await referenceEngine()).tensorCount();
      for (let step = 0; step < 6; step++) expect(Number.isFinite(await run.step())).toBe(true);
      expect((await referenceEngine()).tensorCount()).toBe(before);
      const { itemVectors, encoder } = run.artefact(vocabularyOf(data));
      expect([...itemVectors, ...encoder.contextVectors].every(Number.isFinite)).toBe(true);
    }
  });

  it.each(VIEW_NAMES)('learns from the view %s', async (view) => {
    const run = await prepare(name, planted.data, { ...settingsOf(name), view, epochs: 8 });
    const losses = await trainToEnd(run);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });
});

describe('items that a generator writes for users with few', () => {
  const asked = (given: Readonly<Record<string, number | string>>) =>
    readViewSettings(resolveSettings(getMethod('simclr').settings, given), planted.data);
  const contextOf = async (data: TrainingData) => ({ data, settings: {}, engine: await referenceEngine(), seed: 1 });

  it.each(['dae', 'mult-vae', 'conditional-gan'])(
    'of %s are of their kind, never their own, and make the second view longer',
    async (generator) => {
      const settings = asked({ generator, generatedCount: 2, generatedWeight: 1, secondItems: 0 });
      const generated = await generatedOfSparseUsers(await contextOf(planted.data), settings);
      if (generated === undefined) throw new Error('nothing was generated');
      const { positives } = planted.data;
      let alike = 0;
      for (let user = 0; user < positives.rowCount; user++) {
        const own = new Set(rowEntries(positives, user)[0]);
        const [items, chances] = rowEntries(generated, user);
        expect(items.length).toBe(own.size < 8 ? 2 : 0);
        expect([...items].some((item) => own.has(item))).toBe(false);
        for (const chance of chances) expect(chance).toBeCloseTo((8 - own.size) / 7, 6);
        const [held] = rowEntries(planted.heldOut.items, user);
        alike += [...items].filter((item) => held.includes(item)).length;
      }
      // Chance would be 2 of the 17 others.
      expect(alike).toBeGreaterThan(0.5 * generated.columns.length);
      const scale = new Float32Array(24).fill(1);
      const all = { ...generated, values: generated.values.map(() => 1) };
      const users = Uint32Array.from({ length: 36 }, (_, user) => user);
      const { first, second } = new ViewPairs(planted.data, scale, settings, new Random(1), all).draw(users);
      users.forEach((user) => {
        const shown = second.columns.subarray(second.offsets[user], second.offsets[user + 1]);
        for (const item of rowEntries(generated, user)[0]) expect([...shown]).toContain(item);
        const seen = first.columns.subarray(first.offsets[user], first.offsets[user + 1]);
        for (const item of rowEntries(generated, user)[0]) expect([...seen]).not.toContain(item);
      });
    },
  );

  it('are none where nobody has few, or no generator is asked for', async () => {
    expect(await generatedOfSparseUsers(await contextOf(planted.data), asked({}))).toBeUndefined();
    const settings = asked({ generator: 'mult-vae' });
    expect(await generatedOfSparseUsers(await contextOf(everyoneHas(9)), settings)).toBeUndefined();
  });

  it.each(NAMES)('let %s come to the same answer, and go on from a saved state to the same bytes', async (name) => {
    const settings = { ...settingsOf(name), generator: 'dae', generatedWeight: 1, generatedCount: 2 };
    const run = await prepare(name, planted.data, settings);
    await trainToEnd(run);
    expect(await plantedNdcg(run, planted)).toBeGreaterThan(0.9);
    const { resumed, run: whole } = await resumeHalfway(() => prepare(name, planted.data, settings), 3, 5);
    expect(resumed.save()).toEqual(whole.save());
  });
});

describe('the views of a batch', () => {
  const settings = readViewSettings(resolveSettings(getMethod('simclr').settings, {}), planted.data);
  const scale = new Float32Array(24).fill(0.5);
  const users = Uint32Array.from({ length: 36 }, (_, user) => user);

  it('have no item in common, and the second has as many as are asked for', () => {
    for (const secondItems of [1, 3]) {
      const pairs = new ViewPairs(planted.data, scale, { ...settings, secondItems }, new Random(1));
      const { first, second } = pairs.draw(users);
      for (const user of users) {
        const seen = first.columns.subarray(first.offsets[user], first.offsets[user + 1]);
        const other = second.columns.subarray(second.offsets[user], second.offsets[user + 1]);
        expect(seen.length).toBeGreaterThan(0);
        expect(other.length).toBeGreaterThan(0);
        expect(other.length).toBeLessThanOrEqual(secondItems);
        if (seen.length < 7) expect([...other].some((item) => seen.includes(item))).toBe(false);
      }
    }
  });

  it('weigh each item by its strength and its scale; one of each can be drawn', () => {
    const views = [
      { items: Uint32Array.of(2, 0), strengths: Float32Array.of(3, 1) },
      { items: Uint32Array.of(1), strengths: Float32Array.of(2) },
    ];
    const batch = createViewBatch(views, Float32Array.of(1, 0.5, 0.25));
    expect([...batch.offsets]).toEqual([0, 2, 3]);
    expect([...batch.columns]).toEqual([2, 0, 1]);
    expect([...batch.weights]).toEqual([0.75, 1, 1]);
    const one = oneItemOfEach(batch, new Random(1));
    expect([...one.offsets]).toEqual([0, 1, 2]);
    expect([2, 0]).toContain(one.columns[0]);
    expect(one.columns[1]).toBe(1);
  });
});

describe('what a view brings in from elsewhere', () => {
  const { positives } = planted.data;
  const eventsOf = (matrix: SparseMatrix, label: string): Event[] =>
    Array.from({ length: matrix.rowCount }, (_, user) =>
      [...rowEntries(matrix, user)[0]].map((item) => ({
        id: `${label} ${user} ${item}`,
        userId: `u${user}` as UserId,
        itemId: `i${item}` as ItemId,
        type: 'view',
        timeMs: undefined,
        value: undefined,
        properties: undefined,
      })),
    ).flat();

  /** What is in train stays, whatever the test asks for. */
  async function drawn(test: readonly Event[]) {
    const snapshot = await buildSnapshotInMemory({ train: [eventsOf(positives, 'train')], test: [test] });
    const { data, heldOut } = await snapshot.part('evaluate');
    const given = { view: 'substitute', viewStrength: 1, generator: 'dae', generatedWeight: 1 };
    const settings = readViewSettings(resolveSettings(getMethod('simclr').settings, given), data);
    const context = { data, settings: {}, engine: await referenceEngine(), seed: 1 };
    const generated = await generatedOfSparseUsers(context, settings);
    const pairs = new ViewPairs(data, inverseRootPopularity(data), settings, new Random(1), generated);
    return { views: pairs.draw(usersWithPositives(data)), heldOut };
  }

  it('is learned from train alone: a substitute may be held out, but the views are the same whatever is', async () => {
    const one = await drawn(eventsOf(planted.heldOut.items, 'test'));
    const { first } = one.views;
    const isHeldOut = (user: number) =>
      [...first.columns.subarray(first.offsets[user], first.offsets[user + 1])].some(
        (item) => one.heldOut !== undefined && hasEntry(one.heldOut.items, user, item),
      );
    expect([...first.rows].filter(isHeldOut).length).toBeGreaterThan(0);
    const others = eventsOf(planted.heldOut.items, 'other').map((event, k) => ({
      ...event,
      itemId: `new${k}` as ItemId,
    }));
    expect((await drawn(others)).views).toEqual(one.views);
  });
});

describe('followTable', () => {
  it('keeps the share asked for', () => {
    const copy = Float32Array.of(1, -2);
    followTable(copy, Float32Array.of(3, 2), 0.75);
    expect([...copy]).toEqual([1.5, -1]);
  });
});

describe('the collapse of byol', () => {
  const settings = { ...SMALL, epochs: 40 };

  it('does not come with predictor and stop-gradient, and comes without', async () => {
    const run = await prepare('byol', planted.data, settings);
    await trainToEnd(run);
    expect(await plantedNdcg(run, planted)).toBeGreaterThan(0.9);
    expect(cosineAcrossGroups(run.tables[0]?.values ?? new Float32Array(0))).toBeLessThan(0.5);
    expect(cosineAcrossGroups(await collapsedTable())).toBeGreaterThan(0.95);
  });

  /**
   * Both views by one table that learns from both, no predictor: q is the identity and the target is the table itself.
   * The gradient that would flow through the target is the one of the other direction, so nothing is stopped.
   */
  async function collapsedTable(): Promise<Float32Array> {
    const engine = await referenceEngine();
    const resolved = resolveSettings(getMethod('byol').settings, settings);
    const views = readViewSettings(resolved, planted.data);
    const training = new ViewTraining({ data: planted.data, settings: resolved, engine, seed: 1 }, views, 'broken');
    for (let step = 0; step < views.epochs * training.stepsPerEpoch; step++) {
      const pair = training.next();
      const first = training.encode(pair.first);
      const second = training.encode(pair.second);
      const shape: [number, number] = [pair.users.length * 2, views.dimensions];
      const gradient = await engine.scope(() => {
        const { gradients } = bootstrapLoss(engine.tf, {
          online: engine.tf.tensor2d(stackRows(first, second), shape),
          predictor: engine.tf.eye(views.dimensions),
          targets: engine.tf.tensor2d(stackRows(second, first), shape),
        });
        return engine.read(gradients.online);
      });
      training.step([
        [pair.first, stackedPart(gradient, 0, 2)],
        [pair.second, stackedPart(gradient, 1, 2)],
      ]);
    }
    return training.tower.table.values;
  }

  /** The mean cosine of items of one group with items of the other: 1 where all have become one point. */
  function cosineAcrossGroups(table: Float32Array): number {
    const row = (item: number) => table.subarray(item * 12, (item + 1) * 12);
    let total = 0;
    for (let one = 0; one < 8; one++) {
      for (let other = 8; other < 16; other++) {
        const [x, y] = [row(one), row(other)];
        total += x.reduce((sum, value, c) => sum + value * (y[c] as number), 0) / Math.hypot(...x) / Math.hypot(...y);
      }
    }
    return total / 64;
  }
});

describe('the segments of swav', () => {
  it.each([
    [4, 2],
    [60, 8],
    [943, 31],
    [30_000, 256],
  ])('are %i users by rule in %i, where nothing is said', (users, segments) => {
    const settings = resolveSettings(SWAV_SETTINGS, {});
    const data = pairsOf(
      users,
      2,
      Array.from({ length: users }, (_, user): [number, number] => [user, user % 2]),
    );
    expect(readSwavSettings(settings, data).segments).toBe(segments);
  });

  it('are the groups of the log, found for histories that were never trained, too', async () => {
    const run = await prepare('swav', planted.data, settingsOf('swav'));
    await trainToEnd(run);
    const artefact = run.artefact(vocabularyOf(planted.data));
    const width = artefact.dimensions - 1;
    const vectors = artefact.segments?.vectors ?? new Float32Array(0);
    expect(vectors.length).toBe(6 * width);
    for (let s = 0; s < 6; s++) expect(Math.hypot(...vectors.subarray(s * width, (s + 1) * width))).toBeCloseTo(1, 5);
    // A history of two items of one group, for each group: nobody shares a segment with another group.
    const groupsOf = new Map<number, Set<number>>();
    for (let item = 0; item < 24; item += 2) {
      const vector = encodeHistory(artefact, Uint32Array.of(item, item + 1), Float32Array.of(1, 1));
      const segment = segmentOf(artefact, vector) as number;
      groupsOf.set(segment, (groupsOf.get(segment) ?? new Set()).add(Math.floor(item / 8)));
    }
    expect(groupsOf.size).toBeGreaterThanOrEqual(3);
    for (const groups of groupsOf.values()) expect(groups.size).toBe(1);
  });
});

function pairsOf(users: number, items: number, pairs: readonly (readonly [number, number])[]): TrainingData {
  const positives = matrixFromTriples(
    users,
    items,
    Uint32Array.from(pairs, ([user]) => user),
    Uint32Array.from(pairs, ([, item]) => item),
    new Float32Array(pairs.length).fill(1),
  );
  return {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(users, items),
    endTimeMs: undefined,
  };
}

/** Two users who have all items. */
function everyoneHas(items: number): TrainingData {
  return pairsOf(
    2,
    items,
    [0, 1].flatMap((user) => Array.from({ length: items }, (_, item) => [user, item] as const)),
  );
}

/** Two users with one item each, and one with all. */
function everything(users: number, items: number): TrainingData {
  const all = Array.from({ length: items }, (_, item) => [users - 1, item] as const);
  return pairsOf(users, items, [[0, 0], [1, 1], ...all]);
}
