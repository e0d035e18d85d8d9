import { KindredError } from '@kindred/domain';
import { floats, type TensorFile } from './checked-tensors.js';
import { placesOf, windowOf } from './convolve.js';
import type { DenseLayer, HistoryConvolution, HistoryEncoder, LayerStyle } from './model-artefact.js';
import type { StoredTensor, StoredTensors } from './safetensors.js';
import { type SequenceShape, weightCount, weightPlaces } from './sequence-shape.js';

const SPREAD = 'spread';
const NOISE = 'noise';
// The artefact itself has segments too.
const CENTRES = 'segmentCentres';
const SHIFTS = 'segmentShifts';

/** The scalars of an encoder. Without `kind`: a sum, written before there were others. */
export type EncoderDescription = { readonly temperature: number; readonly priorWeight: number } & (
  | { readonly kind?: 'sum'; readonly shrinkage: number }
  | { readonly kind: 'sequence'; readonly shape: SequenceShape }
  | {
      readonly kind: 'layers';
      readonly layers: readonly Omit<DenseLayer, 'weights'>[];
      /** How many newest items convolutions read, and how many there are. */
      readonly convolution?: { readonly items: number; readonly kernels: number } | undefined;
      /** How many segments have a shift of their own. */
      readonly segments?: number | undefined;
      /** Place of the layer that has a spread. */
      readonly spreadLayer?: number | undefined;
      /** Place of the layer that takes noise, and how many numbers of it. */
      readonly noiseInput?: { readonly layer: number; readonly count: number } | undefined;
      /** The layers that make a style, and of how many random numbers beside the sum. */
      readonly styleLayers?:
        | { readonly noise: number; readonly mapping: readonly Omit<DenseLayer, 'weights'>[] }
        | undefined;
    }
);

/** How wide the rows are that a history is summed from, or read as. */
function contextWidth(encoder: EncoderDescription | HistoryEncoder, width: number): number {
  return encoder.kind === 'layers' ? (encoder.layers[0]?.outputs ?? width) : width;
}

export function describeEncoder(encoder: HistoryEncoder): EncoderDescription {
  const { temperature, priorWeight } = encoder;
  if (encoder.kind === 'sequence') return { kind: 'sequence', shape: encoder.shape, temperature, priorWeight };
  if (encoder.kind === 'sum') return { kind: 'sum', shrinkage: encoder.shrinkage, temperature, priorWeight };
  const layers = withoutWeights(encoder.layers);
  const { convolution, segments, spread, noise, style } = encoder;
  return {
    kind: 'layers',
    layers,
    convolution: convolution && { items: convolution.items, kernels: convolution.kernels.length },
    segments: segments && segments.centres.length / (layers[0]?.outputs ?? 1),
    spreadLayer: spread?.layer,
    noiseInput: noise && { layer: noise.layer, count: noise.weights.length / (layers[noise.layer]?.outputs ?? 1) },
    styleLayers: style && { noise: style.noise, mapping: withoutWeights(style.mapping) },
    temperature,
    priorWeight,
  };
}

function withoutWeights(layers: readonly DenseLayer[]): Omit<DenseLayer, 'weights'>[] {
  return layers.map(({ weights: _, ...scalars }) => scalars);
}

/** @param count I @param width D - 1, of the artefact */
export function encoderTensors(encoder: HistoryEncoder, count: number, width: number): StoredTensors {
  return {
    contextVectors: { shape: [count, contextWidth(encoder, width)], data: encoder.contextVectors },
    ...ownTensors(encoder, count),
  };
}

/** What an encoder has beside the context vectors. */
function ownTensors(encoder: HistoryEncoder, count: number): StoredTensors {
  if (encoder.kind === 'sequence') return weightTensors(encoder.shape, encoder.weights);
  if (encoder.kind === 'sum') return { itemScale: { shape: [count], data: encoder.itemScale } };
  const { layers, convolution, segments, spread, noise, style } = encoder;
  const tensors: Record<string, StoredTensor> = {};
  layers.forEach(({ outputs, weights }, place) => {
    tensors[layerName(place)] = { shape: [weights.length / outputs, outputs], data: weights };
    if (spread?.layer === place) tensors[SPREAD] = { shape: [weights.length / outputs, outputs], data: spread.weights };
    if (noise?.layer === place)
      tensors[NOISE] = { shape: [noise.weights.length / outputs, outputs], data: noise.weights };
    const modulation = style?.modulations[place];
    if (modulation !== undefined) {
      tensors[modulationName(place)] = { shape: [modulation.length / (2 * outputs), 2 * outputs], data: modulation };
    }
  });
  convolution?.kernels.forEach((kernel, place) => {
    const outputs = layers[0]?.outputs ?? 1;
    tensors[kernelName(place)] = { shape: [kernel.length / outputs, outputs], data: kernel };
  });
  if (segments !== undefined) {
    const outputs = layers[0]?.outputs ?? 1;
    const shape = [segments.centres.length / outputs, outputs];
    tensors[CENTRES] = { shape, data: segments.centres };
    tensors[SHIFTS] = { shape, data: segments.shifts };
  }
  style?.mapping.forEach(({ outputs, weights }, place) => {
    tensors[styleName(place)] = { shape: [weights.length / outputs, outputs], data: weights };
  });
  return tensors;
}

/**
 * @param itemCount I @param width D - 1, of the artefact
 * @throws KindredError MODEL_CORRUPT where something is missing or does not fit
 */
export function readEncoder(
  description: EncoderDescription,
  file: TensorFile,
  itemCount: number,
  width: number,
): HistoryEncoder {
  const tensor = (name: string, shape: readonly number[]) => floats(file, name, shape);
  const contextVectors = tensor('contextVectors', [itemCount, contextWidth(description, width)]);
  if (description.kind === 'layers') {
    const { layers, convolution, segments, spreadLayer, noiseInput, styleLayers, ...scalars } = description;
    // The first layer is its bias alone; every other one has the outputs before it as inputs.
    const shapeOf = (place: number) => [
      place === 0 ? 1 : (layers[place - 1]?.outputs ?? 0) + 1,
      layers[place]?.outputs ?? 0,
    ];
    return {
      ...scalars,
      contextVectors,
      layers: layers.map((layer, place) => ({ ...layer, weights: tensor(layerName(place), shapeOf(place)) })),
      ...(convolution !== undefined && { convolution: readConvolution(convolution, layers[0]?.outputs ?? 0, file) }),
      ...(segments !== undefined && {
        segments: {
          centres: tensor(CENTRES, [segments, layers[0]?.outputs ?? 0]),
          shifts: tensor(SHIFTS, [segments, layers[0]?.outputs ?? 0]),
        },
      }),
      ...(spreadLayer !== undefined && {
        spread: { layer: spreadLayer, weights: tensor(SPREAD, shapeOf(spreadLayer)) },
      }),
      ...(noiseInput !== undefined && {
        noise: {
          layer: noiseInput.layer,
          weights: tensor(NOISE, [noiseInput.count, layers[noiseInput.layer]?.outputs ?? 0]),
        },
      }),
      ...(styleLayers !== undefined && { style: readStyle(styleLayers, layers, tensor) }),
    };
  }
  if (description.kind !== 'sequence') {
    return { ...description, kind: 'sum', contextVectors, itemScale: tensor('itemScale', [itemCount]) };
  }
  const weights = new Float32Array(weightCount(description.shape));
  for (const { name, shape, start } of weightPlaces(description.shape)) weights.set(tensor(name, shape), start);
  return { ...description, contextVectors, weights };
}

function readConvolution(
  { items, kernels }: { readonly items: number; readonly kernels: number },
  width: number,
  file: TensorFile,
): HistoryConvolution {
  if (!(Number.isInteger(items) && items >= 1 && items <= placesOf(kernels))) {
    throw new KindredError('MODEL_CORRUPT', `${file.dir}: ${kernels} convolutions can not read ${items} items`);
  }
  return {
    items,
    kernels: Array.from({ length: kernels }, (_, place) => {
      const rows = windowOf(placesOf(kernels - place)) * width;
      return floats(file, kernelName(place), [rows, width]);
    }),
  };
}

function readStyle(
  { noise, mapping }: { readonly noise: number; readonly mapping: readonly Omit<DenseLayer, 'weights'>[] },
  layers: readonly Omit<DenseLayer, 'weights'>[],
  tensor: (name: string, shape: readonly number[]) => Float32Array,
): LayerStyle {
  const width = mapping.at(-1)?.outputs ?? 0;
  return {
    noise,
    mapping: mapping.map((layer, place) => {
      const inputs = mapping[place - 1]?.outputs ?? noise + (layers[0]?.outputs ?? 0);
      return { ...layer, weights: tensor(styleName(place), [inputs + 1, layer.outputs]) };
    }),
    modulations: layers.map(({ outputs }, place) => tensor(modulationName(place), [width, 2 * outputs])),
  };
}

function kernelName(place: number): string {
  return `kernel${place}`;
}

function modulationName(place: number): string {
  return `modulation${place}`;
}

function styleName(place: number): string {
  return `style${place}`;
}

function layerName(place: number): string {
  return `layer${place}`;
}

/** Each weight under its own name, so that other programs can read the file. */
function weightTensors(shape: SequenceShape, weights: Float32Array): StoredTensors {
  const named = weightPlaces(shape).map(({ name, shape: size, start, end }): [string, StoredTensor] => [
    name,
    { shape: size, data: weights.subarray(start, end) },
  ]);
  return Object.fromEntries(named);
}
