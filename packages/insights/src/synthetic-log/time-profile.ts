import type { LogColumns, Random } from '@kindred/domain';
import type { LogPair } from './log-pairs.js';
import { WeightedChoice } from './weighted-choice.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A longer pause is a new visit, which begins at an hour of its own. */
const VISIT_MS = 6 * HOUR_MS;
/** 1970 began on a Thursday; weeks here begin on that day. */
const WEEK_DAYS = 7;

/** When things happen: all of it counts over many users, no time of anybody. */
export interface TimeProfile {
  readonly firstDay: number;
  readonly endMs: number;
  /** [days of the log]: users whose first event is on that day. */
  readonly starts: Float64Array;
  /** [7 * 24]: first events of visits by hour of the week. */
  readonly hours: Float64Array;
  /** [bins]: pauses between the items of a user, by the binary logarithm of their seconds. */
  readonly pauses: Float64Array;
  /** [bins]: pauses between a user's events with one item. */
  readonly returns: Float64Array;
}

/** Undefined where some event has no time. */
export function fitTimes(log: LogColumns, pairs: readonly LogPair[]): TimeProfile | undefined {
  if (log.time.length === 0 || !log.time.every(Number.isFinite)) return undefined;
  const [oldest, newest] = [log.time[0] as number, log.time.at(-1) as number];
  const firstDay = Math.floor(oldest / DAY_MS);
  const starts = new Float64Array(Math.floor(newest / DAY_MS) - firstDay + 1);
  const hours = new Float64Array(WEEK_DAYS * 24);
  const pauses: number[] = [];
  const returns: number[] = [];
  let before: { readonly user: number; readonly time: number } | undefined;
  for (const { user, events } of pairs) {
    const times = events.map((event) => log.time[event] as number);
    const time = times[0] as number;
    const pause = before?.user === user ? time - before.time : undefined;
    if (pause === undefined) add(starts, Math.floor(time / DAY_MS) - firstDay);
    else pauses.push(pause);
    if (pause === undefined || pause >= VISIT_MS) add(hours, hourOfWeek(time));
    for (let k = 1; k < times.length; k++) returns.push((times[k] as number) - (times[k - 1] as number));
    before = { user, time };
  }
  // The end of the last day, not the moment of somebody's last event.
  const endMs = (Math.floor(newest / DAY_MS) + 1) * DAY_MS - 1;
  return { firstDay, endMs, starts, hours, pauses: binned(pauses), returns: binned(returns) };
}

/** Draws times as a profile has them. */
export class TimeSampler {
  readonly #profile: TimeProfile;
  readonly #starts: WeightedChoice;
  readonly #pauses: WeightedChoice;
  readonly #returns: WeightedChoice;
  /** [7]: hours of each day. */
  readonly #hours: readonly WeightedChoice[];

  constructor(profile: TimeProfile) {
    this.#profile = profile;
    this.#starts = new WeightedChoice(profile.starts);
    this.#pauses = new WeightedChoice(profile.pauses);
    this.#returns = new WeightedChoice(profile.returns);
    // An hour in which nothing ever happens may be the only one of its day: everything has a little chance.
    const smooth = profile.hours.map((count) => count + 0.01);
    this.#hours = Array.from(
      { length: WEEK_DAYS },
      (_, day) => new WeightedChoice(smooth.slice(day * 24, day * 24 + 24)),
    );
  }

  /** When a user meets so many items, ascending. Long pauses are shortened where they would lead beyond the log's end. */
  visits(count: number, random: Random): number[] {
    const { firstDay, endMs } = this.#profile;
    const start = this.#atSomeHour(firstDay + this.#starts.draw(random), random);
    const pauses = Array.from({ length: Math.max(0, count - 1) }, () => pauseOf(this.#pauses.draw(random), random));
    const short = pauses.reduce((sum, pause) => sum + (pause < VISIT_MS ? pause : 0), 0);
    const long = pauses.reduce((sum, pause) => sum + (pause < VISIT_MS ? 0 : pause), 0);
    const scale = long > 0 ? Math.min(1, Math.max(0, endMs - start - short) / long) : 1;
    const times = [Math.min(start, endMs)];
    for (const pause of pauses) {
      const last = times.at(-1) as number;
      const next =
        pause < VISIT_MS ? last + pause : this.#atSomeHour(Math.floor((last + scale * pause) / DAY_MS), random);
      times.push(Math.min(endMs, next > last ? next : last + Math.min(pause, VISIT_MS)));
    }
    return times;
  }

  /** The next event with the same item. */
  again(before: number, random: Random): number {
    return Math.min(this.#profile.endMs, before + pauseOf(this.#returns.draw(random), random));
  }

  #atSomeHour(day: number, random: Random): number {
    const hour = (this.#hours[((day % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS] as WeightedChoice).draw(random);
    return Math.floor((day * 24 + hour + random.next()) * HOUR_MS);
  }
}

/** Hour of the week, Thursday first, UTC. */
export function hourOfWeek(timeMs: number): number {
  const hours = WEEK_DAYS * 24;
  return ((Math.floor(timeMs / HOUR_MS) % hours) + hours) % hours;
}

/** Counts by the binary logarithm of seconds, 1 added; a pause of nothing is the first. */
function binned(pauses: readonly number[]): Float64Array {
  const counts = new Float64Array(48);
  if (pauses.length === 0) counts[0] = 1;
  for (const pause of pauses) add(counts, binOf(pause));
  return counts;
}

function binOf(pauseMs: number): number {
  return pauseMs <= 0 ? 0 : 1 + Math.floor(Math.log2(1 + pauseMs / 1000));
}

/** A pause of a bin, evenly over its logarithm, in whole seconds. */
function pauseOf(bin: number, random: Random): number {
  return bin === 0 ? 0 : Math.floor(2 ** (bin - 1 + random.next()) - 1) * 1000;
}

function add(counts: Float64Array, place: number): void {
  counts[place] = (counts[place] as number) + 1;
}
