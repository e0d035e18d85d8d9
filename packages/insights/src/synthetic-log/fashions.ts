import type { LogColumns } from '@kindred/domain';
import type { LogPair } from './log-pairs.js';

/** When items are had: how much oftener or seldomer than over the whole log, in each part of it. */
export interface Fashions {
  readonly startMs: number;
  readonly endMs: number;
  /** [parts][I]: factor of the item's chance in that part, 1 on average. */
  readonly factors: readonly Float64Array[];
}

/** Parts of equal length: a month each for a log of a year. */
const PARTS = 12;
/** Weight of the whole log in each item's factor, in users: what few have had has no fashion. */
const PRIOR_USERS = 10;

/** Undefined where some event has no time, or all have the same. */
export function fitFashions(log: LogColumns, pairs: readonly LogPair[]): Fashions | undefined {
  const [startMs, endMs] = [log.time[0] ?? 0, log.time.at(-1) ?? 0];
  if (!log.time.every(Number.isFinite) || endMs <= startMs) return undefined;
  const counts = Array.from({ length: PARTS }, () => new Float64Array(log.items.length));
  const users = new Float64Array(log.items.length);
  const sums = new Float64Array(PARTS);
  for (const { item, events } of pairs) {
    const part = partOf({ startMs, endMs }, log.time[events[0] as number] as number);
    const own = counts[part] as Float64Array;
    own[item] = (own[item] as number) + 1;
    users[item] = (users[item] as number) + 1;
    sums[part] = (sums[part] as number) + 1;
  }
  const factors = counts.map((own, part) => {
    const share = (sums[part] as number) / pairs.length;
    return own.map((count, item) =>
      share === 0 ? 1 : (count / share + PRIOR_USERS) / ((users[item] as number) + PRIOR_USERS),
    );
  });
  return { startMs, endMs, factors };
}

/** The factors of all items at a time. [I] */
export function fashionAt(fashions: Fashions, timeMs: number): Float64Array {
  return fashions.factors[partOf(fashions, timeMs)] as Float64Array;
}

function partOf({ startMs, endMs }: Pick<Fashions, 'startMs' | 'endMs'>, timeMs: number): number {
  const part = Math.floor((PARTS * (timeMs - startMs)) / (endMs - startMs));
  return Math.min(PARTS - 1, Math.max(0, part));
}
