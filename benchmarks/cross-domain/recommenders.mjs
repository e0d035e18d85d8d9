// What ranks the target's items for users of whom nothing is known there.
import { Random } from '@kindred/domain';

/** score = m · Q_j + weight times the prior of the item. */
export function mappedRecommender(engine, name, { itemVectors, dimensions, items }, mapped, priorWeight) {
  const width = dimensions - 1;
  return {
    name,
    itemCount: items.length,
    async score({ users: rows }, scores) {
      const queries = new Float32Array(rows.length * dimensions);
      rows.forEach((row, at) => {
        if (mapped !== undefined) queries.set(mapped.subarray(row * width, (row + 1) * width), at * dimensions);
        queries[(at + 1) * dimensions - 1] = priorWeight;
      });
      const shape = [rows.length, dimensions];
      await engine.matmul(queries, shape, itemVectors, [items.length, dimensions], { transposeB: true, out: scores });
    },
  };
}

/** The items in an order drawn anew for each user. */
export function chanceRecommender({ items }, seed) {
  const random = new Random(seed, 'chance');
  return {
    name: 'chance',
    itemCount: items.length,
    async score(_, scores) {
      for (let at = 0; at < scores.length; at++) scores[at] = random.next();
    },
  };
}
