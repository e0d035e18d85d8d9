import { type LogColumns, Random } from '@kindred/domain';
import { inTurns, type Watch } from '../in-turns.js';
import { fashionAt } from './fashions.js';
import type { LogProfile } from './log-profile.js';
import { TimeSampler } from './time-profile.js';
import { WeightedChoice } from './weighted-choice.js';

/**
 * Which items a new user has, so many as asked for or fewer.
 * @param fashion [I]: how much oftener each item is had when this user is about; undefined: as ever
 */
export type HistorySampler = (count: number, random: Random, fashion?: Float64Array) => readonly number[];

export interface SampleOptions extends Watch {
  /** Ids of the items, by position. */
  readonly items: readonly string[];
  /** How many users to make. */
  readonly users: number;
  readonly seed: number;
}

interface SampledEvent {
  readonly user: number;
  readonly item: number;
  readonly type: number;
  readonly time: number;
  readonly value: number;
}

/**
 * A log of users who never were: how many items each has, what was done with them, when and with what value by the
 * marginals of a profile; which items by the sampler. In order of time. The same input and seed give the same log.
 * @throws KindredError INTERRUPTED at the signal
 */
export async function sampleLog(
  profile: LogProfile,
  sampler: HistorySampler,
  { items, users, seed, ...watch }: SampleOptions,
): Promise<LogColumns> {
  const times = profile.times && new TimeSampler(profile.times);
  const patterns = new WeightedChoice(profile.patterns.map(({ count }) => count));
  const values = profile.values.map((of) => new WeightedChoice(of.map(({ count }) => count)));
  const events: SampledEvent[] = [];
  for await (const user of inTurns(users, 'users drawn', watch)) {
    const random = new Random(seed, `synthetic user ${user}`);
    const count = activityOf(profile.activity, random);
    const visits = times?.visits(count, random);
    const fashion = profile.fashions && visits && fashionAt(profile.fashions, visits[count >> 1] as number);
    const history = random.shuffle([...sampler(count, random, fashion)]);
    history.forEach((item, k) => {
      let time = visits?.[k] ?? Number.POSITIVE_INFINITY;
      const pattern = profile.patterns[patterns.draw(random)]?.types ?? [];
      pattern.forEach((type, step) => {
        if (step > 0 && times !== undefined) time = times.again(time, random);
        const value = profile.values[type]?.[(values[type] as WeightedChoice).draw(random)]?.value ?? Number.NaN;
        events.push({ user, item, type, time, value });
      });
    });
  }
  events.sort((a, b) => a.time - b.time || a.user - b.user);
  return {
    users: Array.from({ length: users }, (_, user) => `u${String(user + 1).padStart(String(users).length, '0')}`),
    items,
    types: profile.types,
    user: Uint32Array.from(events, ({ user }) => user),
    item: Uint32Array.from(events, ({ item }) => item),
    type: Uint16Array.from(events, ({ type }) => type),
    time: Float64Array.from(events, ({ time }) => time),
    value: Float64Array.from(events, ({ value }) => value),
  };
}

/** A number of items between those of two users next to each other, so that nobody's own number is told. */
function activityOf(activity: Uint32Array, random: Random): number {
  const place = random.next() * (activity.length - 1);
  const [low, high] = [activity[Math.floor(place)] as number, activity[Math.ceil(place)] as number];
  return Math.round(low + (place % 1) * (high - low));
}
