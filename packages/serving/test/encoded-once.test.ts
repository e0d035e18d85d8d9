import * as artefacts from '@kindred/models/artefact';
import { ExactScan } from '@kindred/vector-index';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { assemble, recommend, type SegmentProfile, segmentOfHistory } from '../src/index.js';
import { randomArtefact } from './random-model.js';

vi.mock('@kindred/models/artefact', async (importOriginal) => {
  const original = await importOriginal<typeof artefacts>();
  return { ...original, encodeHistory: vi.fn(original.encodeHistory) };
});

const WIDTH = 4;
const encoded = vi.mocked(artefacts.encodeHistory);
const plain = randomArtefact({ items: 30, dimensions: WIDTH + 1, seed: 6 });
const vectors = Float32Array.from({ length: 2 * WIDTH }, (_, k) => (k === 0 ? 1 : k === WIDTH ? -1 : 0));
const segmented = { ...plain, segments: { vectors, foundBy: 'k-means' } } as const;
const profiles: readonly SegmentProfile[] = [0, 1].map((id) => ({
  id,
  size: 1,
  share: 0.5,
  category: undefined,
  items: [],
}));
const modelOf = (artefact: artefacts.ModelArtefact) =>
  assemble('m', artefact, new ExactScan(artefact.itemVectors, artefact.dimensions), undefined, profiles);
const history = [{ itemId: 'i3', strength: 2 }];
const request = { history, limit: 5, excludeSeen: true, excludeItems: [] };
beforeEach(() => {
  encoded.mockClear();
});

describe('recommend', () => {
  test('encodes a history once for the items and the segment', () => {
    const answer = recommend(modelOf(segmented), request);
    expect(encoded).toHaveBeenCalledTimes(1);
    expect(answer.items).toHaveLength(5);
    expect(answer.segment).toBe(segmentOfHistory(modelOf(segmented), history));
    expect(answer.segment).toBeDefined();
  });

  test('once more where pseudo-items join it, and the segment is that of the real items', () => {
    const of = (weight: number) => ({
      ...segmented,
      augmentation: { count: 20, weight, source: { kind: 'self' } } as const,
    });
    const answer = recommend(modelOf(of(1)), request);
    expect(encoded).toHaveBeenCalledTimes(2);
    expect(answer.segment).toBe(recommend(modelOf(segmented), request).segment);
  });

  test('not at all for who has nothing', () => {
    expect(recommend(modelOf(segmented), { ...request, history: [] })).toMatchObject({
      segment: undefined,
      personal: false,
    });
    expect(encoded).not.toHaveBeenCalled();
  });
});

test('a model is put together with what its neighbours are found by: no request reads the histories again', () => {
  let reads = 0;
  const source = {
    kind: 'neighbours',
    neighbours: 3,
    get histories() {
      reads += 1;
      return {
        rowCount: 1,
        columnCount: 30,
        offsets: Uint32Array.of(0, 2),
        columns: Uint32Array.of(3, 7),
        values: Float32Array.of(1, 1),
      };
    },
  } as const;
  const model = modelOf({ ...plain, augmentation: { count: 2, weight: 1, source } });
  expect(reads).toBe(1);
  expect(recommend(model, request).items).not.toEqual(recommend(modelOf(plain), request).items);
  expect(reads).toBe(1);
});
