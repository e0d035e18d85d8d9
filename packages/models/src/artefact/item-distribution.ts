import { Random } from '@kindred/domain';
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
  checkHistory(artefact, items, strengths);
  const { encoder, dimensions, itemVectors } = artefact;
  const user =
    encoder.kind === 'layers' && seed !== undefined
      ? encodeLayers(encoder, items, strengths, times, dimensions, new Random(seed, 'latent'))
      : encodeHistory(artefact, items, strengths, times);
  const logits = Float32Array.from(artefact.items, (_, item) => {
    let score = 0;
    for (let c = 0; c < dimensions; c++) score += (user[c] as number) * (itemVectors[item * dimensions + c] as number);
    return score / encoder.temperature;
  });
  items.forEach((item, k) => {
    if ((strengths[k] as number) > 0) logits[item] = Number.NEGATIVE_INFINITY;
  });
  return softmax(logits);
}

function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return new Float32Array(logits.length);
  const terms = logits.map((value) => Math.exp(value - largest));
  const sum = terms.reduce((total, term) => total + term, 0);
  return terms.map((term) => term / sum);
}
