import type { SparseMatrix } from '@kindred/domain';
import { hashText } from './hashed-terms.js';

/** A text as a sparse row of length one; empty where no bucket is known. */
export interface TextRow {
  /** Ascending. */
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/**
 * The weight of each bucket: 1 + log((1 + N) / (1 + df)), df the texts that have it of N; 0 for a bucket that none has:
 * nothing is known of it.
 * @returns [buckets]
 */
export function bucketWeights(texts: readonly (string | undefined)[], buckets: number): Float32Array {
  const frequency = new Uint32Array(buckets);
  let count = 0;
  for (const text of texts) {
    if (text === undefined) continue;
    count++;
    for (const bucket of hashText(text, buckets).keys()) frequency[bucket] = (frequency[bucket] as number) + 1;
  }
  return Float32Array.from(frequency, (df) => (df === 0 ? 0 : 1 + Math.log((1 + count) / (1 + df))));
}

/** TF-IDF of the hashed terms, brought to length one. @param weights [buckets] of `bucketWeights` */
export function textRow(text: string, weights: Float32Array): TextRow {
  const entries = [...hashText(text, weights.length)]
    .map(([bucket, weight]): [number, number] => [bucket, weight * (weights[bucket] as number)])
    .filter(([, value]) => value !== 0)
    .sort(([a], [b]) => a - b);
  const length = Math.sqrt(entries.reduce((sum, [, value]) => sum + value * value, 0));
  return {
    columns: Uint32Array.from(entries, ([bucket]) => bucket),
    values: Float32Array.from(entries, ([, value]) => value / length),
  };
}

/** The rows of many texts; a text that is missing or says nothing has an empty row. [texts, buckets] */
export function textMatrix(texts: readonly (string | undefined)[], weights: Float32Array): SparseMatrix {
  const rows = texts.map((text) => textRow(text ?? '', weights));
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach(({ columns }, row) => {
    offsets[row + 1] = (offsets[row] as number) + columns.length;
  });
  const columns = new Uint32Array(offsets[rows.length] as number);
  const values = new Float32Array(columns.length);
  rows.forEach((row, k) => {
    columns.set(row.columns, offsets[k]);
    values.set(row.values, offsets[k]);
  });
  return { rowCount: rows.length, columnCount: weights.length, offsets, columns, values };
}
