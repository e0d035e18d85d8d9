import { type HeldOut, Random, selectRows, type TrainingData } from '@kindred/domain';
import { entriesOfRows } from '../matrix-rows.js';

/** A part of the users, with the items' positions left as they are. */
export interface SampledUsers {
  readonly data: TrainingData;
  readonly heldOut: HeldOut;
  /** Positions of the kept users, ascending. */
  readonly users: Uint32Array;
}

/** A seeded sample of whole users with about so many pairs together; all of them where there are no more. */
export function sampleUsers(data: TrainingData, heldOut: HeldOut, pairs: number, seed: number): SampledUsers {
  const { rowCount, columns } = data.positives;
  const share = Math.min(1, pairs / Math.max(1, columns.length));
  if (share === 1) return { data, heldOut, users: Uint32Array.from({ length: rowCount }, (_, k) => k) };
  const users = new Random(seed, 'probe users').sample(rowCount, Math.max(1, Math.round(share * rowCount))).sort();
  return {
    users,
    data: dataOfUsers(data, users),
    heldOut: {
      items: selectRows(heldOut.items, users),
      unknownItems: Uint32Array.from(users, (user) => heldOut.unknownItems[user] as number),
    },
  };
}

/** What those users did, items' positions left as they are. @param users positions, ascending */
export function dataOfUsers(data: TrainingData, users: Uint32Array): TrainingData {
  const kept = entriesOfRows(data.positives, users);
  return {
    positives: selectRows(data.positives, users),
    weights: Float32Array.from(kept, (e) => data.weights[e] as number),
    times: data.times && Float64Array.from(kept, (e) => data.times?.[e] as number),
    negatives: selectRows(data.negatives, users),
    endTimeMs: data.endTimeMs,
  };
}
