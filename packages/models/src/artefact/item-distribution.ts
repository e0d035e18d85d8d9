import { dot, Random } from '@kindred/domain';
import { bestOthers } from './best-others.js';
import { checkHistory, encodeHistory } from './encode-history.js';
import { encodeLayers } from './encode-layers.js';
import type { ModelArtefact } from './model-artefact.js';

/**
 * What a model expects of somebody beside what they have: the softmax of its scores over all other items, at the
 * temperature of its training. The contract of generators: a few items in, a distribution over further ones out.
 * @param items [n], as of `encodeHistory`; those of positive strength have no chance in what comes out
 * @param seed of the latent or the noise that is drawn, where the model has some; absent, and for all other models: the mean
 * @param times [n] as of `encodeHistory`, where the order counts
 * @returns [I], sums to 1; all 0 where nothing is left to expect
 * @throws KindredError REQUEST_INVALID as `encodeHistory`
 */
export function itemDistribution(
  artefact: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  seed?: number,
  times?: Float64Array,
): Float32Array {
  return softmax(otherLogits(artefact, items, strengths, seed, times));
}

/**
 * The items that a model holds most likely for somebody, without those of their history, most likely first: the largest of
 * `itemDistribution`, in whose order the scores stand already.
 * @throws KindredError REQUEST_INVALID as `encodeHistory`
 */
export function generatedItems(
  generator: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  count: number,
  times?: Float64Array,
): Uint32Array {
  return bestOthers(otherLogits(generator, items, strengths, undefined, times), items, count);
}

/** Scores over the temperature; -Infinity for the items of positive strength. [I], one product for every item. */
function otherLogits(
  artefact: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  seed?: number,
  times?: Float64Array,
): Float32Array {
  checkHistory(artefact, items, strengths);
  const { encoder, dimensions, itemVectors } = artefact;
  const user =
    encoder.kind === 'layers' && seed !== undefined
      ? encodeLayers(encoder, items, strengths, times, dimensions, new Random(seed, 'latent'))
      : encodeHistory(artefact, items, strengths, times);
  const logits = new Float32Array(artefact.items.length);
  for (let item = 0; item < logits.length; item++) {
    logits[item] = dot(user, 0, itemVectors, item * dimensions, dimensions) / encoder.temperature;
  }
  items.forEach((item, k) => {
    if ((strengths[k] as number) > 0) logits[item] = Number.NEGATIVE_INFINITY;
  });
  return logits;
}

/** Overwrites the logits. */
function softmax(values: Float32Array): Float32Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < values.length; k++) largest = Math.max(largest, values[k] as number);
  if (largest === Number.NEGATIVE_INFINITY) return values.fill(0);
  let sum = 0;
  for (let k = 0; k < values.length; k++) {
    values[k] = Math.exp((values[k] as number) - largest);
    sum += values[k] as number;
  }
  for (let k = 0; k < values.length; k++) values[k] = (values[k] as number) / sum;
  return values;
}
