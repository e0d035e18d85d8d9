import type { Engine } from '@kindred/compute';
import { hasEntry, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import { MASKED } from '@kindred/objectives';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getMethod, resolveSettings } from '../src/index.js';
import { createNegativeSource, NEGATIVE_SAMPLERS } from '../src/two-tower/negative-source.js';
import { OBJECTIVES } from '../src/two-tower/objectives.js';
import { climbing } from './broken-engine.js';
import { copyOfState, prepare, randomData, referenceEngine } from './learned-fixture.js';

const NAMES = Object.keys(OBJECTIVES);
/** So few points in so many dimensions can be spread with the groups ignored: alignment has to lead. */
const FOR_SMALL_LOGS: Readonly<Record<string, Record<string, number>>> = { directau: { uniformity: 0.3 } };

/** Two groups; each user has 5 of their group's 9 items. The other 4 are to be found. */
function twoGroups(): TrainingData {
  const random = new Random(4, 'groups');
  const rows: number[] = [];
  const columns: number[] = [];
  for (let user = 0; user < 40; user++) {
    for (const item of random.sample(9, 5)) {
      rows.push(user);
      columns.push((user % 2) * 9 + item);
    }
  }
  const ones = new Float32Array(rows.length).fill(1);
  const positives = matrixFromTriples(40, 18, Uint32Array.from(rows), Uint32Array.from(columns), ones);
  return { ...randomData(40, 18, 'groups'), positives, weights: ones };
}

/** How often an item of the user's group that the user does not have is nearer than one of the other group. */
function groupsToldApart(data: TrainingData, [users, items]: readonly Float32Array[], width: number): number {
  const row = (table: Float32Array | undefined, at: number) => [...(table ?? []).slice(at * width, (at + 1) * width)];
  const cosine = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, k) => sum + value * (b[k] as number), 0) / Math.hypot(...a) / Math.hypot(...b);
  let right = 0;
  let all = 0;
  for (let user = 0; user < 40; user++) {
    const scores = Array.from({ length: 18 }, (_, item) => cosine(row(users, user), row(items, item)));
    for (let own = 0; own < 18; own++) {
      if (Math.floor(own / 9) !== user % 2 || hasEntry(data.positives, user, own)) continue;
      for (let other = 0; other < 9; other++) {
        all++;
        if ((scores[own] as number) > (scores[(1 - (user % 2)) * 9 + other] as number)) right++;
      }
    }
  }
  return right / all;
}

describe.each(NAMES)('two-tower by %s', (objective) => {
  it('finds the groups of a planted log, which neither its start nor a gradient of the wrong sign does', async () => {
    const data = twoGroups();
    const method = getMethod('two-tower');
    const given = {
      objective,
      dimensions: 8,
      batchSize: 64,
      epochs: 20,
      learningRate: 0.06,
      ...FOR_SMALL_LOGS[objective],
    };
    const settings = resolveSettings(method.settings, given);
    const toldApart = async (engine: Engine, epochs: number) => {
      const run = await method.prepare({ data, settings, engine, seed: 1 });
      for (let k = 0; k < epochs * run.stepsPerEpoch; k++) expect(await run.step()).not.toBeNaN();
      const tables = run.tables.map(({ values }) => values);
      return groupsToldApart(data, tables, 8);
    };
    const engine = await referenceEngine();
    expect(await toldApart(engine, 0)).toBeLessThan(0.65);
    expect(await toldApart(engine, 20)).toBeGreaterThan(0.85);
    expect(await toldApart(climbing(engine), 20)).toBeLessThan(0.65);
  });

  it('goes on from a saved state to the same bytes, and keeps no tensor', async () => {
    const data = randomData(23, 11, 'resume');
    const start = () => prepare('two-tower', data, { objective, dimensions: 5, batchSize: 16 });
    const first = await start();
    const before = (await referenceEngine()).tensorCount();
    for (let k = 0; k < 3; k++) await first.step();
    const saved = copyOfState(first.save());
    const second = await start();
    second.restore(saved);
    for (let k = 0; k < 4; k++) expect(await second.step()).toBe(await first.step());
    expect(second.save()).toEqual(first.save());
    expect((await referenceEngine()).tensorCount()).toBe(before);
  });

  it('reports the settings that it takes, and those only', async () => {
    const run = await prepare('two-tower', randomData(9, 6, 'report'), { objective });
    const { defaults, reads = [] } = OBJECTIVES[objective] as (typeof OBJECTIVES)[string];
    expect(Object.keys(run.settings)).toEqual(expect.arrayContaining([...Object.keys(defaults), ...reads]));
    expect('margin' in run.settings).toBe('margin' in defaults);
    expect(Object.values(run.settings)).not.toContain('auto');
  });
});

describe('negatives of two-tower', () => {
  const draws = fc.record({
    users: fc.integer({ min: 2, max: 9 }),
    items: fc.integer({ min: 3, max: 12 }),
    seed: fc.nat(1000),
    count: fc.integer({ min: 1, max: 7 }),
    sampler: fc.constantFrom(...NEGATIVE_SAMPLERS),
  });

  type Drawn = typeof draws extends fc.Arbitrary<infer T> ? T : never;

  /** All that a batch of all pairs takes for negatives, [user, item]. */
  function negativePairs(kind: 'own' | 'shared' | 'in-batch', drawn: Drawn) {
    const data = randomData(drawn.users, drawn.items, `negatives ${drawn.seed}`);
    const { positives } = data;
    const itemOfRow = positives.columns;
    const userOfRow = Uint32Array.from(itemOfRow.keys(), (e) => positives.offsets.findLastIndex((start) => start <= e));
    const settings = { negatives: drawn.count, negativeSampler: drawn.sampler, logQ: 1 };
    const source = createNegativeSource(kind, data, settings, () => new Random(drawn.seed, 'test'));
    const { items, mask } = source.draw(userOfRow, itemOfRow);
    const columns = kind === 'in-batch' ? itemOfRow : items;
    const perRow = kind === 'own' ? drawn.count : columns.length;
    const pairs: [number, number][] = [];
    userOfRow.forEach((user, row) => {
      for (let k = 0; k < perRow; k++) {
        const isOwn = kind === 'in-batch' && k === row;
        if (isOwn || mask?.[row * perRow + k] === MASKED) continue;
        pairs.push([user, columns[kind === 'own' ? row * perRow + k : k] as number]);
      }
    });
    return { positives, pairs };
  }

  it.each(['own', 'shared', 'in-batch'] as const)('of the kind %s are never what the user has in train', (kind) => {
    let seen = 0;
    fc.assert(
      fc.property(draws, (drawn) => {
        const { positives, pairs } = negativePairs(kind, drawn);
        seen += pairs.length;
        for (const [user, item] of pairs) expect(hasEntry(positives, user, item)).toBe(false);
      }),
      { seed: 5, numRuns: 100 },
    );
    expect(seen).toBeGreaterThan(500);
  });

  it('of each pair leave users out who have everything, and refuse a log of such users only', async () => {
    const full = (users: number, rest: readonly [number, number][]): TrainingData => {
      const pairs = [...Array.from({ length: users }, (_, u) => [0, 1, 2].map((i) => [u, i] as const)).flat(), ...rest];
      const ones = new Float32Array(pairs.length).fill(1);
      const column = (k: 0 | 1) => Uint32Array.from(pairs, (pair) => pair[k]);
      const positives = matrixFromTriples(users + rest.length, 3, column(0), column(1), ones);
      return { ...randomData(2, 3, 'full'), positives, weights: ones };
    };
    const some = await prepare('two-tower', full(2, [[2, 1]]), { objective: 'triplet', dimensions: 3 });
    const before = some.tables[0]?.values.slice();
    await some.step();
    expect(some.tables[0]?.values.subarray(0, 6)).toEqual(before?.subarray(0, 6));
    await expect(prepare('two-tower', full(2, []), { objective: 'triplet' })).rejects.toMatchObject({
      code: 'NEGATIVES_EXHAUSTED',
    });
  });
});
