import { Random } from '@kindred/domain';
import { ExactScan, type Neighbours, type VectorIndex } from '@kindred/vector-index';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assemble,
  directionOf,
  positionsOf,
  type RecommendRequest,
  recommend,
  similarItems,
  similarUsers,
} from '../src/index.js';
import { naiveRecommend, naiveScore } from './naive-twin.js';
import { randomArtefact, randomModel } from './random-model.js';

/** Ids of 40 items that exist and a few that do not. */
const itemId = fc.nat({ max: 45 }).map((k) => `i${k}`);
const history = fc.uniqueArray(fc.record({ itemId, strength: fc.constantFrom(-1, -0.5, 0.25, 1, 2, 3.3) }), {
  maxLength: 8,
  selector: (entry) => entry.itemId,
});
const anyRequest: fc.Arbitrary<RecommendRequest> = fc.record({
  history,
  limit: fc.integer({ min: 1, max: 50 }),
  excludeSeen: fc.boolean(),
  excludeItems: fc.array(itemId, { maxLength: 45 }),
  withheld: fc.option(
    fc.uniqueArray(fc.nat({ max: 39 })).map((positions) => new Set(positions)),
    { nil: undefined },
  ),
});
const anyModel = fc
  .record({ seed: fc.nat({ max: 1000 }), dimensions: fc.integer({ min: 2, max: 9 }), ties: fc.boolean() })
  .map((options) => randomModel({ items: 40, users: 12, ...options }));

describe('recommend', () => {
  test('is the naive twin: the same items in the same order with the same scores', () => {
    fc.assert(
      fc.property(anyModel, anyRequest, (model, request) => {
        const answer = recommend(model, request);
        expect(answer.items).toEqual(naiveRecommend(model, request));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('gives as many as were asked for, or says why not', () => {
    fc.assert(
      fc.property(anyModel, anyRequest, (model, request) => {
        const { items, shortfall } = recommend(model, request);
        const excluded = positionsOf(model, request.excludeItems);
        for (const position of request.withheld ?? []) excluded.add(position);
        for (const entry of request.history) {
          const position = model.positions.get(entry.itemId);
          if (position !== undefined && (request.excludeSeen || entry.strength < 0)) excluded.add(position);
        }
        const allowed = 40 - excluded.size;
        expect(items).toHaveLength(Math.min(request.limit, allowed));
        if (allowed >= request.limit) expect(shortfall).toBeUndefined();
        else {
          const because = `the model knows 40 items and ${excluded.size} of them are excluded for this request`;
          expect(shortfall).toEqual({ asked: request.limit, returned: allowed, because });
        }
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  test('is personal when something that the model knows was liked, and only then', () => {
    const model = randomModel({ items: 40, dimensions: 5, seed: 1 });
    const personal = (entries: { itemId: string; strength: number }[]) =>
      recommend(model, { history: entries, limit: 3, excludeSeen: true, excludeItems: [] }).personal;
    expect(personal([])).toBe(false);
    expect(personal([{ itemId: 'unknown', strength: 1 }])).toBe(false);
    expect(personal([{ itemId: 'i3', strength: -1 }])).toBe(false);
    expect(
      personal([
        { itemId: 'i3', strength: -1 },
        { itemId: 'i4', strength: 0.1 },
      ]),
    ).toBe(true);
  });

  test('items that the model does not know change nothing', () => {
    fc.assert(
      fc.property(anyModel, anyRequest, (model, request) => {
        const knows = ({ itemId: id }: { itemId: string }) => model.positions.has(id);
        const without = { ...request, history: request.history.filter(knows) };
        expect(recommend(model, request)).toEqual(recommend(model, without));
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});

/** Counts what it is asked for; forgets the neighbours that a graph might not reach. */
class WatchedIndex implements VectorIndex {
  readonly driver = 'hnsw';
  efSearch = 0;
  readonly asked: number[] = [];

  constructor(
    private readonly inner: VectorIndex,
    private readonly reaches: number = Number.POSITIVE_INFINITY,
  ) {}

  get dimensions(): number {
    return this.inner.dimensions;
  }

  get size(): number {
    return this.inner.size;
  }

  search(query: Float32Array, k: number): Neighbours {
    this.asked.push(k);
    return this.inner.search(query, Math.min(k, this.reaches));
  }
}

describe('how neighbours are found', () => {
  const plain = randomModel({ items: 3000, dimensions: 6, seed: 4 });
  const seen = { history: [{ itemId: 'i7', strength: 2 }], limit: 10, excludeSeen: true };
  /** The items nearest to the history: exclusions at their worst. */
  const nearest = recommend(plain, { ...seen, limit: 500, excludeItems: [] }).items.map((item) => item.itemId);

  function watched(reaches?: number) {
    const index = new WatchedIndex(plain.itemIndex, reaches);
    return { model: { ...plain, itemIndex: index }, index };
  }

  test('nothing excluded: exactly as many neighbours as wanted', () => {
    const { model, index } = watched();
    recommend(model, { ...seen, excludeSeen: false, excludeItems: [] });
    expect(index.asked).toEqual([10]);
  });

  test('exclusions that lie elsewhere cost one short search', () => {
    const { model, index } = watched();
    const far = plain.artefact.items.filter((item) => !nearest.includes(item)).slice(0, 700);
    const answer = recommend(model, { ...seen, excludeItems: far });
    expect(index.asked).toEqual([52]);
    expect(answer.items.map((item) => item.itemId)).toEqual(nearest.slice(0, 10));
  });

  test.each([0, 5, 40, 60, 200, 480])('the nearest %i excluded: the next ones, by deeper searches', (count) => {
    const { model, index } = watched();
    const request = { ...seen, excludeItems: nearest.slice(0, count) };
    expect(recommend(model, request).items).toEqual(naiveRecommend(plain, request));
    expect(index.asked.length).toBeGreaterThan(0);
    expect(Math.max(...index.asked)).toBeLessThanOrEqual(1000);
  });

  test('so many excluded that the graph is of no use: the scan gives the same', () => {
    const random = new Random(5, 'exclusions');
    for (const count of [989, 990, 1500, 2980, 2995, 2999]) {
      const { model } = watched();
      const excludeItems = [...nearest.slice(0, 300), ...[...random.sample(3000, count)].map((k) => `i${k}`)];
      const request = { ...seen, excludeItems };
      expect(recommend(model, request).items).toEqual(naiveRecommend(plain, request));
    }
  });

  test('a graph that does not reach enough of its nodes is made up for by the scan', () => {
    const { model } = watched(8);
    const request = { ...seen, excludeItems: nearest.slice(0, 3) };
    expect(recommend(model, request).items).toEqual(naiveRecommend(plain, request));
  });
});

describe('neighbours', () => {
  test('similar items: by the cosine of directions, without the prior, the item itself and what is withheld', () => {
    fc.assert(
      fc.property(
        anyModel,
        fc.nat({ max: 39 }),
        fc.integer({ min: 1, max: 45 }),
        fc.uniqueArray(fc.nat({ max: 39 })),
        (model, item, limit, hidden) => {
          const { dimensions, itemVectors, items } = model.artefact;
          const query = [...itemVectors.subarray(item * dimensions, (item + 1) * dimensions - 1), 0];
          const expected = items
            .map((id, position) => ({ itemId: id, position, score: naiveScore(model, query, position) }))
            .filter(({ position }) => position !== item && !hidden.includes(position))
            .sort((a, b) => b.score - a.score || a.position - b.position)
            .slice(0, limit)
            .map(({ itemId: id, score }) => ({ itemId: id, score }));
          const found = similarItems(model, `i${item}`, limit, new Set(hidden));
          expect(found?.items).toEqual(expected);
          expect(found?.shortfall?.returned).toBe(expected.length < limit ? expected.length : undefined);
        },
      ),
      { numRuns: 200, seed: 6 },
    );
  });

  test('similar items: where a dimension only brings items to equal lengths, it makes nothing similar', () => {
    const artefact = randomArtefact({ items: 40, dimensions: 6, seed: 3 });
    const { encoder, itemVectors } = artefact;
    for (let item = 0; item < 40; item++) encoder.contextVectors[item * 5 + 4] = 0;
    const model = assemble('inner products', artefact, new ExactScan(itemVectors, 6), undefined);
    const query = [...itemVectors.subarray(7 * 6, 7 * 6 + 4), 0, 0];
    const best = artefact.items
      .map((id, position) => ({ itemId: id, score: naiveScore(model, query, position) }))
      .filter(({ itemId }) => itemId !== 'i7')
      .sort((a, b) => b.score - a.score);
    expect(similarItems(model, 'i7', 10)?.items).toEqual(best.slice(0, 10));
  });

  test('similar items of an item that the model does not know', () => {
    expect(similarItems(randomModel({ items: 5, dimensions: 3, seed: 1 }), 'unknown', 3)).toBeUndefined();
  });

  test('similar users: by cosine, without who asks', () => {
    fc.assert(
      fc.property(fc.nat({ max: 500 }), fc.nat({ max: 11 }), fc.integer({ min: 1, max: 15 }), (seed, asking, limit) => {
        const model = randomModel({ items: 40, dimensions: 6, users: 12, seed });
        const entries = [
          { itemId: `i${seed % 40}`, strength: 1 },
          { itemId: 'i3', strength: -1 },
        ];
        const direction = directionOf(model, entries) as Float32Array;
        const all = model.users?.index.search(direction, 12) as Neighbours;
        const expected = Array.from(all.positions, (position, k) => ({ userId: `u${position}`, score: all.scores[k] }))
          .filter(({ userId }) => userId !== `u${asking}`)
          .slice(0, limit);
        const { users, shortfall } = similarUsers(model, `u${asking}`, entries, limit);
        expect(users).toEqual(expected);
        expect(shortfall?.returned).toBe(limit > 11 ? 11 : undefined);
        expect(Math.hypot(...direction)).toBeCloseTo(1, 5);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  test('no history and no index of users are answers, not errors', () => {
    const model = randomModel({ items: 5, dimensions: 3, users: 4, seed: 1 });
    expect(similarUsers(model, 'u0', [], 3)).toMatchObject({ users: [], shortfall: { asked: 3, returned: 0 } });
    const without = randomModel({ items: 5, dimensions: 3, seed: 1 });
    const { users, shortfall } = similarUsers(without, 'u0', [{ itemId: 'i1', strength: 1 }], 3);
    expect(users).toEqual([]);
    expect(shortfall?.because).toContain('no index of users');
  });
});

test('the artefacts of these tests are of the shape that training gives', () => {
  const { items, dimensions, itemVectors, encoder } = randomArtefact({ items: 7, dimensions: 4, seed: 1 });
  expect(itemVectors).toHaveLength(items.length * dimensions);
  expect(encoder.contextVectors).toHaveLength(items.length * (dimensions - 1));
  for (let k = 0; k < items.length; k++) {
    expect(Math.hypot(...itemVectors.subarray(k * dimensions, (k + 1) * dimensions - 1))).toBeCloseTo(1, 5);
  }
});
