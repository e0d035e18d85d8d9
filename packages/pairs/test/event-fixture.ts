import type { Event, ItemId, UserId } from '@kindred/domain';
import type { PairSettings } from '../src/index.js';

export const DAY_MS = 86_400_000;
export const START_MS = Date.UTC(2026, 0, 1);

/** An event in short: user, item, type, day (or undefined for no time), value. */
export type Short = readonly [string, string, string, (number | undefined)?, (number | undefined)?];

function eventOf([userId, itemId, type, day, value]: Short, k = 0): Event {
  return {
    id: `e${k}`,
    userId: userId as UserId,
    itemId: itemId as ItemId,
    type,
    timeMs: day === undefined ? undefined : START_MS + day * DAY_MS,
    value,
    properties: undefined,
  };
}

/** One batch of events. */
export function batch(...events: readonly Short[]): Event[][] {
  return [events.map((event, k) => eventOf(event, k))];
}

/** Settings under which all of the log is training. */
export const NOTHING_HELD_OUT = {
  split: { kind: 'auto', validation: { fraction: 0 }, test: { fraction: 0 } },
} as const satisfies { split: PairSettings['split'] };
