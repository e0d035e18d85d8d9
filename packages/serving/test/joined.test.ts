import { matrixFromTriples, Random, type SparseMatrix } from '@kindred/domain';
import { artefactRecommender, type ModelArtefact } from '@kindred/models/artefact';
import { describe, expect, test } from 'vitest';
import { recommend } from '../src/index.js';
import { randomModel } from './random-model.js';

const ITEMS = 40;

/** Weights of some pairs of items, some of them negative. */
function randomWeights(random: Random): SparseMatrix {
  const cells = Array.from(random.sample(ITEMS * ITEMS, 300));
  const values = Float32Array.from(cells, () => random.normal());
  return matrixFromTriples(
    ITEMS,
    ITEMS,
    Uint32Array.from(cells, (cell) => Math.floor(cell / ITEMS)),
    Uint32Array.from(cells, (cell) => cell % ITEMS),
    values,
  );
}

/** The whole catalogue by the evaluator's own scores. */
async function ranked(artefact: ModelArtefact, items: readonly number[], strengths: readonly number[]) {
  const order = items.map((item, k) => [item, strengths[k] as number] as const).sort(([a], [b]) => a - b);
  const history = matrixFromTriples(
    1,
    ITEMS,
    new Uint32Array(order.length),
    Uint32Array.from(order, ([item]) => item),
    Float32Array.from(order, ([, strength]) => strength),
  );
  const scores = new Float32Array(ITEMS);
  await artefactRecommender(artefact).score({ history, times: undefined, users: undefined }, scores);
  return scores;
}

describe('recommend with joined scores', () => {
  test.each([
    ['a union', true, false],
    ['own items first', false, true],
    ['both', true, true],
  ])('ranks as the evaluator does: %s', async (_, withUnion, ownFirst) => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = new Random(seed, 'joined');
      const model = randomModel({ items: ITEMS, users: 3, seed, dimensions: 5, ties: false });
      const union = { name: 'ease', weights: randomWeights(random), share: 0.5, vectorShare: seed % 2 ? 1 : 1e-3 };
      const artefact: ModelArtefact = {
        ...model.artefact,
        union: withUnion ? union : undefined,
        ownItemsFirst: ownFirst ? { strengthWeight: 2 } : undefined,
      };
      const items = [...random.sample(ITEMS, 6)];
      const strengths = items.map(() => 0.5 + random.next());
      const scores = await ranked(artefact, items, strengths);
      for (const excludeSeen of [true, false]) {
        const history = items.map((item, k) => ({
          itemId: artefact.items[item] as string,
          strength: strengths[k] as number,
        }));
        const answer = recommend({ ...model, artefact }, { history, limit: 12, excludeSeen, excludeItems: [] });
        const best = [...scores.keys()]
          .filter((item) => !(excludeSeen && items.includes(item)))
          .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
          .slice(0, 12);
        expect(answer.items.map(({ itemId }) => itemId)).toEqual(best.map((item) => artefact.items[item]));
        answer.items.forEach(({ score }, k) => {
          expect(score).toBeCloseTo(scores[best[k] as number] as number, 3);
        });
        if (ownFirst && !excludeSeen) {
          const first = answer.items.slice(0, items.length).map(({ itemId }) => itemId);
          expect(new Set(first)).toEqual(new Set(items.map((item) => artefact.items[item])));
        }
      }
    }
  });
});
