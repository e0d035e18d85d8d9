import { matrixFromTriples, Random, type SparseMatrix } from '@kindred/domain';
import { type AugmentationSource, artefactRecommender, type ModelArtefact } from '@kindred/models/artefact';
import { describe, expect, test } from 'vitest';
import { recommend } from '../src/index.js';
import { randomArtefact, randomModel } from './random-model.js';

const ITEMS = 40;

function randomMatrix(seed: number, rows: number, entries: number, binary: boolean): SparseMatrix {
  const random = new Random(seed, 'matrix');
  const cells = Array.from(random.sample(rows * ITEMS, entries));
  return matrixFromTriples(
    rows,
    ITEMS,
    Uint32Array.from(cells, (cell) => Math.floor(cell / ITEMS)),
    Uint32Array.from(cells, (cell) => cell % ITEMS),
    Float32Array.from(cells, () => (binary ? 1 : random.normal())),
  );
}

const SOURCES: readonly AugmentationSource[] = [
  { kind: 'popularity' },
  { kind: 'self' },
  { kind: 'neighbours', neighbours: 5, histories: randomMatrix(1, 30, 200, true) },
  { kind: 'generated', generator: randomArtefact({ items: ITEMS, dimensions: 4, seed: 77 }) },
];

async function scoresOf(artefact: ModelArtefact, items: readonly number[], strengths: readonly number[]) {
  const order = items.map((item, k) => [item, strengths[k] as number] as const).sort(([a], [b]) => a - b);
  const columns = Uint32Array.from(order, ([item]) => item);
  const values = Float32Array.from(order, ([, strength]) => strength);
  const history = matrixFromTriples(1, ITEMS, new Uint32Array(order.length), columns, values);
  const scores = new Float32Array(ITEMS);
  await artefactRecommender(artefact).score({ history, times: undefined, users: undefined }, scores);
  return scores;
}

describe.each(SOURCES)('recommend of a model augmented by $kind', (source) => {
  test.each([
    ['alone', false],
    ['with a union and own items first', true],
  ])('ranks as the evaluator does, and never shows pseudo-items as owned: vectors %s', async (_, joined) => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed, 'augmented');
      const model = randomModel({ items: ITEMS, users: 3, seed, dimensions: 5, ties: false });
      const artefact: ModelArtefact = {
        ...model.artefact,
        augmentation: { source, count: source.kind === 'popularity' ? 0 : 6, weight: 0.3 + random.next() },
        ...(joined && {
          union: { name: 'ease', weights: randomMatrix(seed, ITEMS, 300, false), share: 0.5, vectorShare: 1 },
          ownItemsFirst: { strengthWeight: 2 },
        }),
      };
      const items = [...random.sample(ITEMS, 1 + random.below(9))];
      const strengths = items.map(() => 0.5 + random.next());
      const scores = await scoresOf(artefact, items, strengths);
      const history = items.map((item, k) => ({ itemId: `i${item}`, strength: strengths[k] as number }));
      for (const excludeSeen of [true, false]) {
        const answer = recommend({ ...model, artefact }, { history, limit: 12, excludeSeen, excludeItems: [] });
        const best = [...scores.keys()]
          .filter((item) => !(excludeSeen && items.includes(item)))
          .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
          .slice(0, 12);
        expect(answer.items.map(({ itemId }) => itemId)).toEqual(best.map((item) => `i${item}`));
        if (joined && !excludeSeen) {
          const first = answer.items.slice(0, items.length).map(({ itemId }) => itemId);
          expect(new Set(first)).toEqual(new Set(items.map((item) => `i${item}`)));
          expect(answer.items[items.length]?.score).toBeLessThan(50);
        }
      }
    }
  });

  test('answers as without it from eight items on, and to who has nothing', () => {
    const random = randomModel({ items: ITEMS, seed: 5, dimensions: 5 });
    const encoder = { ...random.artefact.encoder, priorWeight: 1 };
    const model = { ...random, artefact: { ...random.artefact, encoder } };
    const augmented = { ...model, artefact: { ...model.artefact, augmentation: { source, count: 6, weight: 1 } } };
    const ask = (asked: typeof model, n: number) => {
      const history = Array.from({ length: n }, (_, k) => ({ itemId: `i${3 * k}`, strength: 1 }));
      return recommend(asked, { history, limit: 10, excludeSeen: true, excludeItems: [] });
    };
    for (const n of [0, 8, 12]) expect(ask(augmented, n)).toEqual(ask(model, n));
    expect(ask(augmented, 1)).not.toEqual(ask(model, 1));
  });
});
