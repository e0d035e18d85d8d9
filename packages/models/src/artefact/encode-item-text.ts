import { textRow } from '../text/text-features.js';
import type { ModelArtefact } from './model-artefact.js';

/**
 * The vector of an item by what is written of it, in the space of the other items, so that an item without any event
 * can be ranked: [v / |v| ; r], v the sum of the vectors of the text's hashed terms, r the prior that they let expect.
 * @returns [D]; undefined where the model reads no texts, or knows nothing of what this one says
 */
export function encodeItemText(artefact: ModelArtefact, text: string): Float32Array | undefined {
  const { textEncoder, dimensions } = artefact;
  if (textEncoder === undefined) return undefined;
  const width = dimensions - 1;
  const { columns, values } = textRow(text, textEncoder.bucketWeights);
  const vector = new Float32Array(dimensions);
  let prior = textEncoder.prior;
  columns.forEach((bucket, k) => {
    const value = values[k] as number;
    prior += value * (textEncoder.bucketPriors[bucket] as number);
    for (let c = 0; c < width; c++) {
      vector[c] = (vector[c] as number) + value * (textEncoder.bucketVectors[bucket * width + c] as number);
    }
  });
  let squared = 0;
  for (const value of vector) squared += value * value;
  if (squared === 0) return undefined;
  for (let c = 0; c < width; c++) vector[c] = (vector[c] as number) / Math.sqrt(squared);
  vector[width] = prior;
  return vector;
}
