import { addRow } from '../add-row.js';
import type { SequenceEncoder } from './model-artefact.js';
import { newestKept } from './newest-kept.js';
import { lastOutput, type WeightViews, weightViews } from './sequence-forward.js';
import { positionOf } from './sequence-shape.js';

/**
 * What a sequence encoder makes of a history: its newest items, each with its position added, and behind them the mask
 * where the encoder was trained to fill masks, through the transformer. Nothing for a history that says nothing.
 * @param vector [D], zeros; receives the output, of any length
 */
export function encodeSequenceInto(
  encoder: SequenceEncoder,
  items: Uint32Array,
  strengths: Float32Array,
  times: Float64Array | undefined,
  vector: Float32Array,
): void {
  const { shape } = encoder;
  const telling = Uint32Array.from(strengths.keys()).filter((place) => (strengths[place] as number) > 0);
  const kept = newestKept(telling, items, times, shape.causal ? shape.length : shape.length - 1);
  if (kept.length > 0) {
    const weights = viewsOf(encoder);
    const read = Uint32Array.from(kept, (place) => items[place] as number);
    vector.set(lastOutput(shape, weights, inputRows(encoder, weights, read, shape.width)));
  }
}

/** Items, and the mask where there is one, with their positions. [n, d] or [n + 1, d] */
function inputRows(encoder: SequenceEncoder, weights: WeightViews, items: Uint32Array, width: number): Float32Array {
  const { shape, contextVectors } = encoder;
  const count = items.length + (shape.causal ? 0 : 1);
  const rows = new Float32Array(count * width);
  for (let place = 0; place < count; place++) {
    const item = items[place];
    if (item === undefined) addRow(weights('mask'), 0, 1, rows, place * width, width);
    else addRow(contextVectors, item * width, 1, rows, place * width, width);
    addRow(weights('positions'), positionOf(shape, place, count) * width, 1, rows, place * width, width);
  }
  return rows;
}

const viewsByEncoder = new WeakMap<SequenceEncoder, WeightViews>();

/** The views of an encoder are made once: a request should not have to. */
function viewsOf(encoder: SequenceEncoder): WeightViews {
  const known = viewsByEncoder.get(encoder);
  if (known !== undefined) return known;
  const views = weightViews(encoder.shape, encoder.weights);
  viewsByEncoder.set(encoder, views);
  return views;
}
