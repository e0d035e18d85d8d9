import type { EventLog } from './event-log.js';
import type { PairGroups } from './pair-groups.js';
import { PairVerdict } from './pair-verdict.js';
import type { PairSettings } from './settings.js';

/** What is left of the events: one row a pair, ascending by user, then by item. Pairs that say nothing are left out. */
export interface Interactions {
  readonly count: number;
  /** [count]: position in the log's users. */
  readonly user: Uint32Array;
  /** [count]: position in the log's items. */
  readonly item: Uint32Array;
  /** [count]: strength of a positive (> 0), or minus the weight of a negative (< 0); never 0. */
  readonly signedStrength: Float32Array;
  /** [count]: unix milliseconds of the newest event behind it; UNTIMED where there is none. */
  readonly time: Float64Array;
}

/** Least strength or weight that is kept: the smallest normal 32-bit float, so that no positive rounds to 0. */
export const LEAST_STRENGTH = 2 ** -126;

/**
 * Events to interactions by the rules of the settings (PairVerdict has them).
 * @param ratingMeans of the training events, where the rule is `user-mean`
 */
export function interactionsOf(
  log: EventLog,
  groups: PairGroups,
  settings: PairSettings,
  ratingMeans: RatingMeans | undefined,
): Interactions {
  const user = new Uint32Array(groups.count);
  const item = new Uint32Array(groups.count);
  const signedStrength = new Float32Array(groups.count);
  const time = new Float64Array(groups.count);
  const verdict = new PairVerdict(log.types, settings);
  let count = 0;
  for (let g = 0; g < groups.count; g++) {
    const start = groups.starts[g] as number;
    const end = groups.starts[g + 1] as number;
    const first = groups.rows[start] as number;
    const who = log.user[first] as number;
    verdict.begin(ratingMeans?.meanOf(who));
    for (let k = start; k < end; k++) {
      const row = groups.rows[k] as number;
      verdict.add(log.type[row] as number, log.time[row] as number, log.value[row] as number);
    }
    const strength = verdict.signedStrength();
    if (strength === 0) continue;
    user[count] = who;
    item[count] = log.item[first] as number;
    signedStrength[count] = Math.sign(strength) * Math.max(Math.abs(strength), LEAST_STRENGTH);
    time[count] = verdict.newestTime();
    count += 1;
  }
  return {
    count,
    user: user.slice(0, count),
    item: item.slice(0, count),
    signedStrength: signedStrength.slice(0, count),
    time: time.slice(0, count),
  };
}

/** Means of the ratings of training, for the rule `user-mean`. */
export class RatingMeans {
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;
  readonly #overall: number | undefined;

  /** @param groups of training events only: a mean that counts held-out ratings would leak them */
  constructor(log: EventLog, groups: PairGroups) {
    this.#sums = new Float64Array(log.users.length);
    this.#counts = new Uint32Array(log.users.length);
    const ratingType = log.types.indexOf('rating');
    let sum = 0;
    let count = 0;
    for (const row of groups.rows) {
      const value = log.value[row] as number;
      if (log.type[row] !== ratingType || Number.isNaN(value)) continue;
      const user = log.user[row] as number;
      this.#sums[user] = (this.#sums[user] as number) + value;
      this.#counts[user] = (this.#counts[user] as number) + 1;
      sum += value;
      count += 1;
    }
    this.#overall = count === 0 ? undefined : sum / count;
  }

  /** The user's mean; the mean of all ratings for a user without any; undefined when training has no ratings. */
  meanOf(user: number): number | undefined {
    const count = this.#counts[user] as number;
    return count === 0 ? this.#overall : (this.#sums[user] as number) / count;
  }
}
