import type { ModelArtefact } from './model-artefact.js';

/**
 * So many of the first dimensions of a served vector were learned. After them comes the prior, and before that, where the
 * method ranks by inner product, the dimension that brings items to equal lengths: items reach into it and no history does.
 */
export function learnedWidth({ encoder, itemVectors, items, dimensions }: ModelArtefact): number {
  const width = dimensions - 1;
  if (encoder.kind !== 'sum') return width;
  const last = width - 1;
  const { contextVectors } = encoder;
  const noHistory = items.every((_, item) => contextVectors[item * width + last] === 0);
  return noHistory && items.some((_, item) => itemVectors[item * dimensions + last] !== 0) ? last : width;
}
