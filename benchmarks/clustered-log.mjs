// Synthetic logs with structure, straight into compressed rows: no object a pair.
import { emptyMatrix, Random } from '@kindred/domain';

const CLUSTERS = 20;
const OWN_CLUSTER = 0.8;

/**
 * Users and items in 20 clusters; four pairs of five within the user's own, towards popular items. Each user's last
 * `heldOut` pairs are kept apart for validation.
 * @param {{users: number, items: number, pairsPerUser: number, heldOut?: number, seed: number}} size
 * @returns {{data: import('@kindred/domain').TrainingData, validation: import('@kindred/domain').HeldOut}}
 */
export function clusteredLog({ users, items, pairsPerUser, heldOut = 0, seed }) {
  const random = new Random(seed, 'clustered log');
  const train = rows(users, pairsPerUser);
  const apart = rows(users, heldOut);
  const drawn = new Uint32Array(pairsPerUser + heldOut);
  for (let user = 0; user < users; user++) {
    for (let count = 0; count < drawn.length; ) {
      const cluster = random.next() < OWN_CLUSTER ? user % CLUSTERS : random.below(CLUSTERS);
      const item = Math.floor((items / CLUSTERS) * (cluster + random.next() ** 2));
      if (!drawn.subarray(0, count).includes(item)) drawn[count++] = item;
    }
    train.columns.subarray(train.offsets[user], train.offsets[user + 1]).set(drawn.subarray(0, pairsPerUser).sort());
    apart.columns.subarray(apart.offsets[user], apart.offsets[user + 1]).set(drawn.subarray(pairsPerUser).sort());
  }
  const size = { rowCount: users, columnCount: items };
  return {
    data: {
      positives: { ...size, ...train },
      weights: train.values,
      times: undefined,
      negatives: emptyMatrix(users, items),
      endTimeMs: undefined,
    },
    validation: { items: { ...size, ...apart }, unknownItems: new Uint32Array(users) },
  };
}

function rows(count, length) {
  return {
    offsets: Uint32Array.from({ length: count + 1 }, (_, row) => row * length),
    columns: new Uint32Array(count * length),
    values: new Float32Array(count * length).fill(1),
  };
}
