import type { SnapshotPart } from './snapshot-part.js';

/** Items with fewer interactions say little about their share. */
const LEAST_INTERACTIONS = 20;

/** How unevenly a test part takes from the items. */
export interface TestShareDispersion {
  /** Share of all interactions (training and held out, known items) that is held out. */
  readonly testShare: number;
  /** Items with at least 20 interactions, over which the means run. */
  readonly itemCount: number;
  /**
   * Mean over items of (k - n s)^2 / (n s (1 - s)): n interactions of the item, k of them held out, s the share of all.
   * 1 for a random sample of the interactions; NaN where there is nothing to measure.
   */
  readonly dispersion: number;
  /**
   * The same, given how much of each user is held out: expected count and variance are sums over the item's users of
   * s_u and s_u (1 - s_u). 1 for a random sample within each user even where the users' shares differ (10 items of
   * everybody, say): the figure to warn by.
   */
  readonly dispersionWithinUsers: number;
}

/**
 * Dispersion of the test share over items. Far above 1 means that the split is no random sample: what is better on a
 * random validation need not be better on this test (Gowalla's published split has 2.7).
 */
export function testShareDispersion(part: SnapshotPart): TestShareDispersion {
  const itemCount = part.items.length;
  const tally: ItemTally = {
    total: new Float64Array(itemCount),
    held: new Float64Array(itemCount),
    expected: new Float64Array(itemCount),
    variance: new Float64Array(itemCount),
  };
  const trained = part.data.positives;
  const held = part.heldOut?.items;
  for (let u = 0; u < trained.rowCount; u++) {
    const trainedItems = trained.columns.subarray(trained.offsets[u], trained.offsets[u + 1]);
    const heldItems = held?.columns.subarray(held.offsets[u], held.offsets[u + 1]) ?? new Uint32Array(0);
    addUser(tally, trainedItems, heldItems);
  }
  for (const user of part.newUsers) addUser(tally, new Uint32Array(0), user.items);
  return measure(tally);
}

interface ItemTally {
  /** [I]: interactions in training and held out. */
  readonly total: Float64Array;
  readonly held: Float64Array;
  /** [I]: of `held`, when each user's held-out items are drawn from all of theirs. */
  readonly expected: Float64Array;
  readonly variance: Float64Array;
}

function addUser(tally: ItemTally, trained: Uint32Array, held: Uint32Array): void {
  const share = held.length / (trained.length + held.length);
  for (const items of [trained, held]) {
    for (const item of items) {
      tally.total[item] = (tally.total[item] as number) + 1;
      tally.expected[item] = (tally.expected[item] as number) + share;
      tally.variance[item] = (tally.variance[item] as number) + share * (1 - share);
    }
  }
  for (const item of held) tally.held[item] = (tally.held[item] as number) + 1;
}

function measure({ total, held, expected, variance }: ItemTally): TestShareDispersion {
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const testShare = sum(held) / sum(total);
  let itemCount = 0;
  let pooled = 0;
  let within = 0;
  let withinCount = 0;
  for (let i = 0; i < total.length; i++) {
    const n = total[i] as number;
    if (n < LEAST_INTERACTIONS) continue;
    itemCount += 1;
    pooled += ((held[i] as number) - n * testShare) ** 2 / (n * testShare * (1 - testShare));
    if (!((variance[i] as number) > 0)) continue;
    within += ((held[i] as number) - (expected[i] as number)) ** 2 / (variance[i] as number);
    withinCount += 1;
  }
  return { testShare, itemCount, dispersion: pooled / itemCount, dispersionWithinUsers: within / withinCount };
}
