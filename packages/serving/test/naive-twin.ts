import type { RecommendRequest, ServingModel } from '../src/index.js';

/** What `recommend` promises, written as slowly and plainly as it can be: score everything, sort, cut. */
export function naiveRecommend(model: ServingModel, request: RecommendRequest): { itemId: string; score: number }[] {
  const { items, fallbackScores } = model.artefact;
  const liked = request.history.filter((entry) => entry.strength > 0 && items.includes(entry.itemId));
  const vector = naiveVector(model, liked);
  const forbidden = new Set([...request.excludeItems]);
  for (const entry of request.history) if (request.excludeSeen || entry.strength < 0) forbidden.add(entry.itemId);
  for (const position of request.withheld ?? []) forbidden.add(items[position] as string);
  return items
    .map((itemId, position) => ({
      itemId,
      position,
      score: liked.length > 0 ? naiveScore(model, vector, position) : (fallbackScores[position] as number),
    }))
    .filter(({ itemId }) => !forbidden.has(itemId))
    .sort((a, b) => b.score - a.score || a.position - b.position)
    .slice(0, request.limit)
    .map(({ itemId, score }) => ({ itemId, score }));
}

/** The vector of a history by its formula, each step rounded to 32 bits where the artefact's arrays are. */
function naiveVector(
  { artefact }: ServingModel,
  liked: readonly { readonly itemId: string; readonly strength: number }[],
): number[] {
  const { encoder } = artefact;
  if (encoder.kind !== 'sum') throw new Error('the twin knows sums only');
  const { contextVectors, itemScale, shrinkage, priorWeight } = encoder;
  const width = artefact.dimensions - 1;
  const sum = new Array<number>(width).fill(0);
  for (const { itemId, strength } of liked) {
    const item = artefact.items.indexOf(itemId);
    const weight = Math.fround(strength) * (itemScale[item] as number);
    for (let d = 0; d < width; d++) {
      sum[d] = Math.fround((sum[d] as number) + weight * (contextVectors[item * width + d] as number));
    }
  }
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  const trusted = length > 0 ? Math.sqrt(liked.length / (liked.length + shrinkage)) / length : 0;
  return [...sum.map((value) => Math.fround(value * trusted)), length > 0 ? priorWeight : 1];
}

/** In the 32 bits of an answer: what looks equal is a tie. */
export function naiveScore({ artefact }: ServingModel, vector: readonly number[], position: number): number {
  const { dimensions, itemVectors } = artefact;
  let sum = 0;
  for (let d = 0; d < dimensions; d++)
    sum += (vector[d] as number) * (itemVectors[position * dimensions + d] as number);
  return Math.fround(sum);
}
