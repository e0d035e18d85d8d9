import type { SparseMatrix, TrainingData } from '@kindred/domain';
import { type SnapshotPart, statisticsOf } from './snapshot-part.js';

/**
 * A part as if some users had done nothing: nothing is learned from them or asked of them. They keep their rows, and the
 * items their columns (which may be empty), so that positions stay what they are.
 * @param isLeftOut whether the user of a row is
 */
export function withoutUsers(part: SnapshotPart, isLeftOut: (row: number) => boolean): SnapshotPart {
  const { data, heldOut, statistics } = part;
  const left = dataWithoutUsers(data, isLeftOut);
  return {
    ...part,
    data: left,
    statistics: statisticsOf(left.positives, statistics.eventCount, statistics.startTimeMs),
    heldOut: heldOut && {
      items: keepEntries(heldOut.items, keptEntries(heldOut.items, isLeftOut)),
      unknownItems: heldOut.unknownItems.map((count, row) => (isLeftOut(row) ? 0 : count)),
    },
  };
}

/** Training data as if some users had done nothing. */
export function dataWithoutUsers(data: TrainingData, isLeftOut: (row: number) => boolean): TrainingData {
  const { positives, weights, times, negatives } = data;
  const kept = keptEntries(positives, isLeftOut);
  return {
    ...data,
    positives: keepEntries(positives, kept),
    weights: Float32Array.from(kept.entries, (entry) => weights[entry] as number),
    times: times && Float64Array.from(kept.entries, (entry) => times[entry] as number),
    negatives: keepEntries(negatives, keptEntries(negatives, isLeftOut)),
  };
}

interface Kept {
  /** Places of the entries that stay, ascending. */
  readonly entries: Uint32Array;
  /** [rows + 1] */
  readonly offsets: Uint32Array;
}

function keptEntries({ offsets, rowCount, columns }: SparseMatrix, isLeftOut: (row: number) => boolean): Kept {
  const entries = new Uint32Array(columns.length);
  const ends = new Uint32Array(rowCount + 1);
  let kept = 0;
  for (let row = 0; row < rowCount; row++) {
    if (!isLeftOut(row)) {
      for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) entries[kept++] = e;
    }
    ends[row + 1] = kept;
  }
  return { entries: entries.slice(0, kept), offsets: ends };
}

function keepEntries(matrix: SparseMatrix, { entries, offsets }: Kept): SparseMatrix {
  return {
    ...matrix,
    offsets,
    columns: Uint32Array.from(entries, (e) => matrix.columns[e] as number),
    values: Float32Array.from(entries, (e) => matrix.values[e] as number),
  };
}
