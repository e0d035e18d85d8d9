import { Random } from '@kindred/domain';
import { encodeHistory } from '@kindred/models/artefact';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeText, recommend, type TextItems } from '../src/index.js';
import { randomArtefact, randomModel } from './random-model.js';

/** Items `new0`, `new1`, … with random vectors. */
function textItems(count: number, dimensions: number, seed: number): TextItems {
  const random = new Random(seed, 'text items');
  return {
    ids: Array.from({ length: count }, (_, k) => `new${k}`),
    vectors: Float32Array.from({ length: count * dimensions }, () => random.normal()),
  };
}

const history = [
  { itemId: 'i3', strength: 2 },
  { itemId: 'i7', strength: 1 },
];
const request = { history, limit: 10, excludeSeen: true, excludeItems: [] };

describe('recommend with items placed by their texts', () => {
  test('ranks them among the others: the same list as if the model had learned them', () => {
    fc.assert(
      fc.property(fc.nat({ max: 500 }), fc.integer({ min: 1, max: 60 }), (seed, limit) => {
        const model = randomModel({ items: 40, dimensions: 5, seed });
        const placed = textItems(15, 5, seed);
        const { items, shortfall } = recommend(model, { ...request, limit, textItems: placed });
        const own = recommend(model, { ...request, limit: 40 }).items;
        const query = encodeHistory(model.artefact, Uint32Array.of(3, 7), Float32Array.of(2, 1));
        const added = placed.ids.map((itemId, k) => ({
          itemId,
          score: Math.fround(query.reduce((sum, value, d) => sum + value * (placed.vectors[k * 5 + d] as number), 0)),
        }));
        const all = [...own, ...added].sort((a, b) => b.score - a.score).slice(0, limit);
        expect(items.map(({ itemId }) => itemId)).toEqual(all.map(({ itemId }) => itemId));
        expect(items).toHaveLength(Math.min(limit, 38 + 15));
        expect(shortfall === undefined).toBe(limit <= 38 + 15);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('leaves out what is excluded, seen or disliked, by its id', () => {
    const model = randomModel({ items: 40, dimensions: 5, seed: 1 });
    const placed = textItems(6, 5, 1);
    const asked = (more: object) =>
      recommend(model, { ...request, limit: 60, textItems: placed, ...more })
        .items.map(({ itemId }) => itemId)
        .filter((itemId) => itemId.startsWith('new'))
        .sort();
    expect(asked({})).toEqual(placed.ids);
    expect(asked({ excludeItems: ['new1'] })).not.toContain('new1');
    expect(asked({ history: [...history, { itemId: 'new2', strength: 1 }] })).not.toContain('new2');
    const disliked = [...history, { itemId: 'new3', strength: -1 }, { itemId: 'new4', strength: 1 }];
    expect(asked({ excludeSeen: false, history: disliked })).toEqual(['new0', 'new1', 'new2', 'new4', 'new5']);
  });

  test('are not popular: an answer that is not personal goes without them', () => {
    const model = randomModel({ items: 40, dimensions: 5, seed: 1 });
    const answer = recommend(model, { ...request, history: [], textItems: textItems(6, 5, 1) });
    expect(answer).toEqual(recommend(model, { ...request, history: [] }));
  });
});

describe('placeText', () => {
  test('places unknown items only, and only where the model reads', () => {
    const artefact = randomArtefact({ items: 4, dimensions: 3, seed: 1 });
    const model = randomModel({ items: 4, dimensions: 3, seed: 1 });
    const buckets = 64;
    const textEncoder = {
      bucketWeights: new Float32Array(buckets).fill(1),
      bucketVectors: Float32Array.from({ length: buckets * 2 }, (_, k) => (k % 2 === 0 ? 1 : 0)),
      bucketPriors: new Float32Array(buckets),
      prior: 0.5,
    };
    const reading = { ...model, artefact: { ...artefact, textEncoder } };
    expect(placeText(model, 'new', 'lamp')).toBeUndefined();
    expect(placeText(reading, 'i1', 'lamp')).toBeUndefined();
    expect(placeText(reading, 'new', '')).toBeUndefined();
    const vector = placeText(reading, 'new', 'lamp') as Float32Array;
    expect([Math.abs(vector[0] as number), vector[1], vector[2]]).toEqual([1, 0, 0.5]);
  });
});
