import { denseProduct } from '../dense-product.js';
import { type BlockWeight, blockWeight, type SequenceShape, weightPlaces } from './sequence-shape.js';

/** Added to a variance, so that a constant row has a finite normal form. */
export const VARIANCE_EPSILON = 1e-6;

/** The weights of an encoder by name, sharing memory with the one array that holds them. */
export type WeightViews = (name: string) => Float32Array;

/** Views of an array of weights, made once. */
export function weightViews(shape: SequenceShape, weights: Float32Array): WeightViews {
  const views = new Map(weightPlaces(shape).map(({ name, start, end }) => [name, weights.subarray(start, end)]));
  return (name) => views.get(name) as Float32Array;
}

/**
 * The output of the last row of a sequence, by the transformer of `SequenceShape` on plain arrays. Each block:
 *   x += attention(norm(x)) A,   x += relu(norm(x) H + h) O + o,   and norm(x) at the end
 * with norm(x) = gain (x - mean) / deviation + shift. Of the last block only the last row is computed.
 * @param rows [n, d], n >= 1: items with their positions added; overwritten
 * @returns [d]
 */
export function lastOutput(shape: SequenceShape, weights: WeightViews, rows: Float32Array): Float32Array {
  const { width, blocks } = shape;
  const count = rows.length / width;
  for (let block = 0; block < blocks; block++) {
    const of = (name: BlockWeight) => weights(blockWeight(block, name));
    runBlock(shape, of, rows, block === blocks - 1 ? count - 1 : 0);
  }
  const last = rows.subarray((count - 1) * width);
  return normRows(last, width, weights('finalGain'), weights('finalShift'));
}

/** In place: rows first .. n - 1 get their output; those before only serve as keys. */
function runBlock(
  shape: SequenceShape,
  of: (name: BlockWeight) => Float32Array,
  rows: Float32Array,
  first: number,
): void {
  const { width, expansion } = shape;
  const normal = normRows(rows, width, of('attentionGain'), of('attentionShift'));
  const mixed = attend(shape, of, normal, first);
  const open = rows.subarray(first * width);
  addInto(open, denseProduct(mixed, of('attended'), width, width));
  const inner = expansion * width;
  const hidden = denseProduct(normRows(open, width, of('hiddenGain'), of('hiddenShift')), of('hidden'), width, inner);
  const bias = of('hiddenBias');
  for (let k = 0; k < hidden.length; k++) hidden[k] = Math.max(0, (hidden[k] as number) + (bias[k % inner] as number));
  const output = denseProduct(hidden, of('output'), inner, width);
  const outputBias = of('outputBias');
  for (let k = 0; k < output.length; k++) output[k] = (output[k] as number) + (outputBias[k % width] as number);
  addInto(open, output);
}

/** Scaled dot-product attention of the rows first .. n - 1 over all that they may see. [n - first, d] */
function attend(
  { width, heads, causal }: SequenceShape,
  of: (name: BlockWeight) => Float32Array,
  normal: Float32Array,
  first: number,
): Float32Array {
  const count = normal.length / width;
  const queries = denseProduct(normal.subarray(first * width), of('query'), width, width);
  const keys = denseProduct(normal, of('key'), width, width);
  const values = denseProduct(normal, of('value'), width, width);
  const mixed = new Float32Array(queries.length);
  const chance = new Float64Array(count);
  const size = width / heads;
  for (let row = first; row < count; row++) {
    const seen = causal ? row + 1 : count;
    for (let from = 0; from < width; from += size) {
      const at = (row - first) * width + from;
      softmaxOfProducts(queries.subarray(at, at + size), keys, from, width, chance.subarray(0, seen));
      for (let other = 0; other < seen; other++) {
        const share = chance[other] as number;
        const start = other * width + from;
        for (let c = 0; c < size; c++) {
          mixed[at + c] = (mixed[at + c] as number) + share * (values[start + c] as number);
        }
      }
    }
  }
  return mixed;
}

/** chance_j = softmax of q . k_j / sqrt(size), over as many rows as `chance` is long. */
function softmaxOfProducts(
  query: Float32Array,
  keys: Float32Array,
  from: number,
  width: number,
  chance: Float64Array,
): void {
  const scale = 1 / Math.sqrt(query.length);
  let largest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < chance.length; row++) {
    let dot = 0;
    for (let c = 0; c < query.length; c++) dot += (query[c] as number) * (keys[row * width + from + c] as number);
    chance[row] = dot * scale;
    largest = Math.max(largest, dot * scale);
  }
  let total = 0;
  for (let row = 0; row < chance.length; row++) {
    chance[row] = Math.exp((chance[row] as number) - largest);
    total += chance[row] as number;
  }
  for (let row = 0; row < chance.length; row++) chance[row] = (chance[row] as number) / total;
}

/** Each row brought to mean 0 and deviation 1, then gain and shift. [n, d] */
function normRows(rows: Float32Array, width: number, gain: Float32Array, shift: Float32Array): Float32Array {
  const out = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    let mean = 0;
    for (let c = 0; c < width; c++) mean += (rows[start + c] as number) / width;
    let variance = 0;
    for (let c = 0; c < width; c++) variance += ((rows[start + c] as number) - mean) ** 2 / width;
    const scale = 1 / Math.sqrt(variance + VARIANCE_EPSILON);
    for (let c = 0; c < width; c++) {
      out[start + c] = ((rows[start + c] as number) - mean) * scale * (gain[c] as number) + (shift[c] as number);
    }
  }
  return out;
}

function addInto(into: Float32Array, values: Float32Array): void {
  for (let k = 0; k < into.length; k++) into[k] = (into[k] as number) + (values[k] as number);
}
