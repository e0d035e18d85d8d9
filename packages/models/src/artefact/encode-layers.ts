import { nearestCentres, type Random } from '@kindred/domain';
import { addRow } from '../add-row.js';
import { addProduct } from '../dense-product.js';
import { convolve, placesOf } from './convolve.js';
import { largestPlaces } from './largest-places.js';
import type { DenseLayer, HistoryConvolution, LayerStyle, LayersEncoder, SegmentShifts } from './model-artefact.js';
import { newestKept } from './newest-kept.js';

/**
 * What the layers make of a history: the sum of its items, weighted so that the strengths have length one, through every
 * layer to the last hidden activations, and how much of the prior to add. With convolutions the newest items alone, weighted
 * alike, are read in order of time instead of added up. A history that says nothing gives the prior alone.
 * @param times [n]; undefined: the order given is the order in time
 * @param random absent: the mean of the latent, and no noise; else one sample, of an encoder that has a spread, noise or a style
 * @returns [D]
 */
export function encodeLayers(
  encoder: LayersEncoder,
  items: Uint32Array,
  strengths: Float32Array,
  times: Float64Array | undefined,
  dimensions: number,
  random?: Random,
): Float32Array {
  const vector = new Float32Array(dimensions);
  const { convolution, segments, style } = encoder;
  const telling = tellingPlaces(strengths);
  vector[dimensions - 1] = telling.length > 0 ? encoder.priorWeight : 1;
  if (telling.length === 0) return vector;
  let values: Float32Array =
    convolution === undefined
      ? sumOf(encoder, items, strengths, telling)
      : readInOrder(encoder, convolution, items, strengths, newestKept(telling, items, times, convolution.items));
  if (segments !== undefined) {
    values = shifted(values, segments, sumOf(encoder, items, strengths, telling));
  }
  const drawn = style && styleOf(style, values, random);
  encoder.layers.forEach((layer, place) => {
    // The first layer has no inputs but its bias: the sum of the history is its product.
    const next = place === 0 ? withBias(values, layer) : product(values, layer.weights, layer.outputs);
    const { spread, noise } = encoder;
    if (random !== undefined && spread?.layer === place) sampleInto(next, values, spread.weights, random);
    if (random !== undefined && noise?.layer === place) addNoise(next, noise.weights, random);
    if (style !== undefined && drawn !== undefined) modulate(next, style.modulations[place] as Float32Array, drawn);
    values = activated(next, layer);
  });
  vector.set(values);
  return vector;
}

/** Where a history says something: entries of positive strength. */
function tellingPlaces(strengths: Float32Array): Uint32Array {
  const places = new Uint32Array(strengths.length);
  let count = 0;
  for (let place = 0; place < strengths.length; place++) {
    if ((strengths[place] as number) > 0) places[count++] = place;
  }
  return places.subarray(0, count);
}

/** sum_i h_i / |h| C_i. @param kept places of the items that count */
function sumOf(encoder: LayersEncoder, items: Uint32Array, strengths: Float32Array, kept: Uint32Array): Float32Array {
  const sum = new Float32Array(widthOf(encoder));
  addItems(encoder, items, strengths, kept, sum, 0, 0);
  return sum;
}

/** + E_g, g the segment whose centre the sum points to most. */
function shifted(values: Float32Array, { centres, shifts }: SegmentShifts, sum: Float32Array): Float32Array {
  const width = values.length;
  const [segment = 0] = nearestCentres({ values: sum, width }, centres);
  return values.map((value, c) => value + (shifts[segment * width + c] as number));
}

/** The same h_i / |h| C_i side by side, the newest in the last place, through the convolutions. @param kept oldest first */
function readInOrder(
  encoder: LayersEncoder,
  convolution: HistoryConvolution,
  items: Uint32Array,
  strengths: Float32Array,
  kept: Uint32Array,
): Float32Array {
  const width = widthOf(encoder);
  const rows = new Float32Array(placesOf(convolution.kernels.length) * width);
  addItems(encoder, items, strengths, kept, rows, rows.length - kept.length * width, width);
  return convolve(convolution, rows, width);
}

/** The items h_i / |h| C_i, h of those that are kept, added to `out`: the first from `at` on, each next one `step` further. */
function addItems(
  encoder: LayersEncoder,
  items: Uint32Array,
  strengths: Float32Array,
  kept: Uint32Array,
  out: Float32Array,
  at: number,
  step: number,
): void {
  const width = widthOf(encoder);
  let squares = 0;
  for (const k of kept) squares += (strengths[k] as number) ** 2;
  const length = Math.sqrt(squares);
  for (let place = 0; place < kept.length; place++) {
    const k = kept[place] as number;
    const row = (items[k] as number) * width;
    addRow(encoder.contextVectors, row, (strengths[k] as number) / length, out, at + place * step, width);
  }
}

/** Of what the first layer gets. */
function widthOf({ layers }: LayersEncoder): number {
  return layers[0]?.outputs ?? 0;
}

function withBias(values: Float32Array, { weights }: DenseLayer): Float32Array {
  const out = values.slice();
  for (let c = 0; c < out.length; c++) out[c] = (out[c] as number) + (weights[c] as number);
  return out;
}

/** x W + b, W [inputs, outputs] with b as its last row. */
function product(inputs: Float32Array, weights: Float32Array, outputs: number): Float32Array {
  const out = weights.slice(inputs.length * outputs);
  addProduct(inputs, weights, out);
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

/** w of a sum and of noise that is drawn, or zero. */
function styleOf({ noise, mapping }: LayerStyle, sum: Float32Array, random: Random | undefined): Float32Array {
  const inputs = new Float32Array(noise + sum.length);
  for (let k = 0; k < noise; k++) inputs[k] = random?.normal() ?? 0;
  inputs.set(sum, noise);
  return mapping.reduce<Float32Array>(
    (values, layer) => activated(product(values, layer.weights, layer.outputs), layer),
    inputs,
  );
}

/** x (1 + w G) + w H. @param modulation G and H side by side, [w, 2 outputs] */
function modulate(values: Float32Array, modulation: Float32Array, style: Float32Array): void {
  const count = values.length;
  const change = new Float32Array(2 * count);
  addProduct(style, modulation, change);
  values.forEach((value, c) => {
    values[c] = value * (1 + (change[c] as number)) + (change[count + c] as number);
  });
}

function activated(values: Float32Array, { activation, keep }: DenseLayer): Float32Array {
  const out = activation === 'tanh' ? tanhOf(values) : values;
  if (keep === undefined || keep >= out.length) return out;
  const kept = new Float32Array(out.length);
  for (const place of largestPlaces(values, keep)) kept[place] = out[place] as number;
  return kept;
}

function tanhOf(values: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  for (let c = 0; c < out.length; c++) out[c] = Math.tanh(values[c] as number);
  return out;
}
