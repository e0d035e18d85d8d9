import type { LogColumns } from '@kindred/domain';
import { type Fashions, fitFashions } from './fashions.js';
import { type LogPair, pairsOf } from './log-pairs.js';
import { fitTimes, type TimeProfile } from './time-profile.js';

/** What is kept of a log beside who had what with what: marginals, each shared by several users. */
export interface LogProfile {
  readonly types: readonly string[];
  /** [U], ascending: items of each user. */
  readonly activity: Uint32Array;
  /** [I]: users of each item. */
  readonly popularity: Uint32Array;
  /** What is done with an item: types in order, and how often. */
  readonly patterns: readonly { readonly types: readonly number[]; readonly count: number }[];
  /** [types]: values that events of a type have, and how often; NaN: none. */
  readonly values: readonly (readonly { readonly value: number; readonly count: number }[])[];
  /** Undefined for a log without times. */
  readonly times: TimeProfile | undefined;
  readonly fashions: Fashions | undefined;
}

/** What fewer users share is left out: a rare order of events or a rare value would tell who it was. */
const LEAST_USERS = 5;
/** Further events with one item are left out. */
const LONGEST_PATTERN = 8;

/** The marginals of a log. */
export function fitLogProfile(log: LogColumns): LogProfile {
  const pairs = pairsOf(log);
  const activity = new Uint32Array(log.users.length);
  const popularity = new Uint32Array(log.items.length);
  for (const { user, item } of pairs) {
    activity[user] = (activity[user] as number) + 1;
    popularity[item] = (popularity[item] as number) + 1;
  }
  return {
    types: log.types,
    activity: activity.filter((items) => items > 0).sort(),
    popularity,
    patterns: patternsOf(log, pairs),
    values: log.types.map((_, type) => valuesOf(log, type)),
    times: fitTimes(log, pairs),
    fashions: fitFashions(log, pairs),
  };
}

function patternsOf(log: LogColumns, pairs: readonly LogPair[]): LogProfile['patterns'] {
  const shared = new SharedCounts();
  for (const { user, events } of pairs) {
    const types = events.slice(0, LONGEST_PATTERN).map((event) => log.type[event] as number);
    shared.add(types.join(), user);
  }
  const kept = shared.kept().map(([key, count]) => ({ types: key.split(',').map(Number), count }));
  return kept.length > 0 ? kept : [{ types: [mostFrequent(log.type)], count: 1 }];
}

function valuesOf(log: LogColumns, type: number): LogProfile['values'][number] {
  const shared = new SharedCounts();
  log.type.forEach((of, event) => {
    if (of === type) shared.add(String(log.value[event]), log.user[event] as number);
  });
  const kept = shared.kept().map(([value, count]) => ({ value: Number(value), count }));
  return kept.length > 0 ? kept : [{ value: Number.NaN, count: 1 }];
}

function mostFrequent(types: Uint16Array): number {
  const counts = new Map<number, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])[0];
}

/** How often something occurs, and among how many users. */
class SharedCounts {
  readonly #counts = new Map<string, { count: number; readonly users: Set<number> }>();

  add(key: string, user: number): void {
    const entry = this.#counts.get(key) ?? { count: 0, users: new Set<number>() };
    entry.count += 1;
    if (entry.users.size < LEAST_USERS) entry.users.add(user);
    this.#counts.set(key, entry);
  }

  /** What enough users share, by key. */
  kept(): [key: string, count: number][] {
    return [...this.#counts]
      .filter(([, { users }]) => users.size >= LEAST_USERS)
      .map(([key, { count }]): [string, number] => [key, count])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
