import type { Random } from '@kindred/domain';
import { addRow } from '../add-row.js';
import { largestPlaces } from './largest-places.js';
import type { DenseLayer, LayersEncoder } from './model-artefact.js';

/**
 * What the layers make of a history: the sum of its items, weighted so that the strengths have length one, through every
 * layer to the last hidden activations, and how much of the prior to add. A history that says nothing gives the prior alone.
 * @param random absent: the mean of the latent, and no noise; else one sample, of an encoder that has a spread or noise
 * @returns [D]
 */
export function encodeLayers(
  encoder: LayersEncoder,
  items: Uint32Array,
  strengths: Float32Array,
  dimensions: number,
  random?: Random,
): Float32Array {
  const vector = new Float32Array(dimensions);
  const length = lengthOfPositive(strengths);
  vector[dimensions - 1] = length > 0 ? encoder.priorWeight : 1;
  if (length === 0) return vector;
  let values: Float32Array = sumOf(encoder, items, strengths, length);
  encoder.layers.forEach((layer, place) => {
    // The first layer has no inputs but its bias: the sum of the history is its product.
    const next = place === 0 ? withBias(values, layer) : product(values, layer.weights, layer.outputs);
    const { spread, noise } = encoder;
    if (random !== undefined && spread?.layer === place) sampleInto(next, values, spread.weights, random);
    if (random !== undefined && noise?.layer === place) addNoise(next, noise.weights, random);
    values = activated(next, layer);
  });
  vector.set(values);
  return vector;
}

/** Euclidean length of the strengths that count. */
function lengthOfPositive(strengths: Float32Array): number {
  return Math.sqrt(strengths.reduce((sum, strength) => sum + (strength > 0 ? strength * strength : 0), 0));
}

/** sum_i h_i / |h| C_i */
function sumOf({ contextVectors, layers }: LayersEncoder, items: Uint32Array, strengths: Float32Array, length: number) {
  const width = layers[0]?.outputs ?? 0;
  const sum = new Float32Array(width);
  items.forEach((item, k) => {
    const strength = strengths[k] as number;
    if (strength > 0) addRow(contextVectors, item * width, strength / length, sum, 0, width);
  });
  return sum;
}

function withBias(values: Float32Array, { weights }: DenseLayer): Float32Array {
  return values.map((value, c) => value + (weights[c] as number));
}

/** x W + b, W [inputs, outputs] with b as its last row. */
function product(inputs: Float32Array, weights: Float32Array, outputs: number): Float32Array {
  const out = weights.slice(inputs.length * outputs);
  inputs.forEach((value, r) => {
    addRow(weights, r * outputs, value, out, 0, outputs);
  });
  return out;
}

/** m + exp(v / 2) e, v the log variance that the spread's layer gives for the same inputs. */
function sampleInto(means: Float32Array, inputs: Float32Array, weights: Float32Array, random: Random): void {
  product(inputs, weights, means.length).forEach((logVariance, c) => {
    means[c] = (means[c] as number) + Math.exp(logVariance / 2) * random.normal();
  });
}

/** + z N with z standard normal. @param weights N, [noise, outputs] */
function addNoise(values: Float32Array, weights: Float32Array, random: Random): void {
  for (let start = 0; start < weights.length; start += values.length) {
    addRow(weights, start, random.normal(), values, 0, values.length);
  }
}

function activated(values: Float32Array, { activation, keep }: DenseLayer): Float32Array {
  const out = activation === 'tanh' ? values.map(Math.tanh) : values;
  if (keep === undefined || keep >= out.length) return out;
  const kept = new Float32Array(out.length);
  for (const place of largestPlaces(values, keep)) kept[place] = out[place] as number;
  return kept;
}
