import { setImmediate as nextTurn } from 'node:timers/promises';
import { Random, transpose } from '@kindred/domain';
import { gram } from '../randomised-svd.js';
import { declareSetting, getSetting } from '../settings.js';
import { defineBaseline } from './baseline.js';
import { popularityScores, scoreEmptyByPopularity } from './item-popularity.js';
import { type LeastSquaresPenalties, LeastSquaresSide } from './least-squares-side.js';
import { transposed } from './matmul.js';

/** Length of the random item vectors at the start. */
const START = 0.1;

/**
 * iALS (Hu, Koren and Volinsky, ICDM 2008) as revisited by Rendle, Krichene, Zhang and Koren (RecSys 2022), binary:
 *
 *   min Σ_(u,i) (1 - w_u·h_i)² + a Σ_u Σ_i (w_u·h_i)²
 *       + λ (Σ_u (n_u + a I)^ν |w_u|² + Σ_i (n_i + a U)^ν |h_i|²)
 *
 * with n interactions of a user or an item. Users and items take turns, by blocks of coordinates (iALS++). Only the items'
 * vectors are kept: whoever is scored, trained or not, is folded in by the one exact solve of the same objective.
 */
export const ials = defineBaseline({
  name: 'ials',
  description: 'Matrix factorisation by least squares in which everything not taken counts a little.',
  settings: [
    declareSetting('dimensions', 64, [1, 1024], 'Length of the vectors.', {
      whole: true,
      search: { among: [32, 64, 128, 256] },
      why: 'The more the better where time allows: it grows with the square of them.',
    }),
    declareSetting('unobservedWeight', 0.1, [1e-6, 10], 'Weight of pairs that are no interaction; a of the formula.', {
      search: { from: 0.005, to: 1, scale: 'log' },
      why: 'With λ one of the two that matter; published choices run from .007 to .3.',
    }),
    declareSetting('regularisation', 0.01, [0, 10], 'λ of the formula.', {
      search: { from: 0.0005, to: 0.05, scale: 'log' },
      why: 'Published choices run from .002 on large data to .02 on small; .01 was ahead of .003 and .03 on a validation part of Last.fm.',
    }),
    declareSetting('scaling', 1, [0, 1], 'ν of the formula: how much stronger frequent rows are held.', {
      why: 'One is what made iALS competitive again in the revisit; zero is the λ of 2008.',
    }),
    declareSetting('epochs', 16, [1, 1000], 'Turns of both sides.', {
      whole: true,
      why: 'As in the published benchmarks of the revisit, which have 12 to 16.',
    }),
    declareSetting('blockSize', 16, [1, 1024], 'Coordinates solved at once; all of them is plain iALS.', {
      whole: true,
      why: 'Sixteen need less than a third of the multiplications of all 64 at once.',
    }),
  ],
  async fit({ data, settings, seed, matmul }) {
    const { positives } = data;
    const width = getSetting(settings, 'dimensions');
    const blockSize = getSetting(settings, 'blockSize');
    const penalties: LeastSquaresPenalties = {
      unobservedWeight: getSetting(settings, 'unobservedWeight'),
      regularisation: getSetting(settings, 'regularisation'),
      scaling: getSetting(settings, 'scaling'),
    };
    const itemCount = positives.columnCount;
    const byItem = transpose(positives);
    const users = new Float32Array(positives.rowCount * width);
    const items = startVectors(itemCount, width, new Random(seed, 'ials'));
    const sideOf = async (fixed: Float32Array) =>
      new LeastSquaresSide(fixed, await gram(matmul, fixed, fixed.length / width, width), width, penalties);
    for (let epoch = 0; epoch < getSetting(settings, 'epochs'); epoch++) {
      (await sideOf(items)).solve(positives, users, blockSize);
      await nextTurn();
      (await sideOf(users)).solve(byItem, items, blockSize);
      await nextTurn();
    }
    const folding = await sideOf(items);
    const columns = transposed(items, [itemCount, width]); // [width, I]
    const popularity = popularityScores(data);
    return {
      name: 'ials',
      itemCount,
      async score({ history }, scores) {
        const { rowCount } = history;
        const folded = new Float32Array(rowCount * width);
        folding.solve(history, folded, width);
        const out = scores.subarray(0, rowCount * itemCount);
        await matmul(folded, [rowCount, width], columns, [width, itemCount], { out });
        scoreEmptyByPopularity(history, popularity, scores);
      },
    };
  },
});

/** Random vectors of mean length `START`. [items, width] */
function startVectors(items: number, width: number, random: Random): Float32Array {
  const scale = START / Math.sqrt(width);
  return Float32Array.from({ length: items * width }, () => scale * random.normal());
}
