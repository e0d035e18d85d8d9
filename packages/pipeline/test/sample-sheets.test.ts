import { emptyMatrix, type ItemId, matrixFromTriples } from '@kindred/domain';
import type { LayersEncoder, ModelArtefact } from '@kindred/models/artefact';
import { expect, it } from 'vitest';
import { sampleSheets } from '../src/sample-sheets.js';

const [USERS, ITEMS] = [8, 14];
const items = Array.from({ length: ITEMS }, (_, item) => `i${item}` as ItemId);
const titles = async (ids: readonly string[]) =>
  new Map(ids.filter((id) => id !== 'i13').map((id) => [id, `title of ${id}`]));

/** Ranks by the index of the item, the last first, whatever is known. */
const encoder: LayersEncoder = {
  kind: 'layers',
  contextVectors: new Float32Array(ITEMS),
  layers: [{ outputs: 1, activation: 'linear', weights: Float32Array.of(1) }],
  temperature: 1,
  priorWeight: 0,
};
const artefact = {
  items,
  dimensions: 2,
  encoder,
  itemVectors: Float32Array.from({ length: 2 * ITEMS }, (_, k) => (k % 2 === 0 ? k / 2 : 0)),
} as unknown as ModelArtefact;

/** Every user has the first five items; item 12 is held out. The last user has two items, the one before nothing held out. */
function partOf() {
  const pairs: [number, number][] = [];
  for (let user = 0; user < USERS; user++) {
    for (let item = 0; item < (user === USERS - 1 ? 2 : 5); item++) pairs.push([user, item]);
  }
  const matrix = (of: [number, number][]) =>
    matrixFromTriples(
      USERS,
      ITEMS,
      Uint32Array.from(of, ([user]) => user),
      Uint32Array.from(of, ([, item]) => item),
      new Float32Array(of.length).fill(1),
    );
  const positives = matrix(pairs);
  const held = [0, 1, 2, 3, 4, 5, 7].map((user): [number, number] => [user, 12]);
  return {
    items,
    data: {
      positives,
      weights: positives.values,
      times: undefined,
      negatives: emptyMatrix(USERS, ITEMS),
      endTimeMs: undefined,
    },
    heldOut: { items: matrix(held), unknownItems: new Uint32Array(USERS) },
  };
}

it('shows what is made of three known items, by title where there is one, and what of it is right', async () => {
  const sheets = await sampleSheets(artefact, partOf(), titles);
  expect(sheets.length).toBe(5);
  for (const { known, made, hits, hidden } of sheets) {
    expect(known.length).toBe(3);
    expect(made.slice(0, 2)).toEqual(['i13', 'title of i12']);
    expect(made.length).toBe(10);
    expect(known.some((item) => made.includes(item))).toBe(false);
    // What was held out comes first, then what else they have.
    expect(hidden[0]).toBe('title of i12');
    expect(hidden.length).toBe(3);
    expect(hits).toEqual(made.map((item) => hidden.includes(item)));
    expect(hits[1]).toBe(true);
  }
  expect(await sampleSheets(artefact, partOf(), titles)).toEqual(sheets);
});

it('shows none of a model that is no generator, and none where nothing is held out', async () => {
  const part = partOf();
  const other = { ...artefact, encoder: { ...encoder, kind: 'sum' } } as unknown as ModelArtefact;
  expect(await sampleSheets(other, part, titles)).toEqual([]);
  expect(await sampleSheets(artefact, { ...part, heldOut: undefined }, titles)).toEqual([]);
});
