import type { Event, ItemId } from '@kindred/domain';
import { collectEvents, UNTIMED } from './event-log.js';
import { interactionsOf, RatingMeans } from './interactions.js';
import { groupPairs } from './pair-groups.js';
import type { PairSettings } from './settings.js';

/** One item of a user's history, by the same rules as in training. */
export interface UserInteraction {
  readonly itemId: ItemId;
  /** > 0: strength of a positive; < 0: minus the weight of a negative (returned, disliked, badly rated). */
  readonly signedStrength: number;
  /** Unix milliseconds of the newest event behind it; undefined where no event of the user has a time. */
  readonly timeMs: number | undefined;
}

/**
 * What one user's events come to: the strengths that serving makes their vector from, by the rules that training used.
 * Events without a time, among others that have one, count as the oldest.
 * @param events of one user, in any order
 */
export async function interactionsOfUser(events: readonly Event[], settings: PairSettings): Promise<UserInteraction[]> {
  if (events.length === 0) return [];
  const log = await collectEvents([timedThroughout(events)]);
  const groups = groupPairs(log, () => true);
  const means = settings.rating.rule === 'user-mean' ? new RatingMeans(log, groups) : undefined;
  const interactions = interactionsOf(log, groups, settings, means);
  return Array.from({ length: interactions.count }, (_, k) => ({
    itemId: log.items[interactions.item[k] as number] as ItemId,
    signedStrength: interactions.signedStrength[k] as number,
    timeMs: interactions.time[k] === UNTIMED ? undefined : (interactions.time[k] as number),
  }));
}

function timedThroughout(events: readonly Event[]): readonly Event[] {
  const oldest = events.reduce((least, { timeMs }) => Math.min(least, timeMs ?? UNTIMED), UNTIMED);
  if (oldest === UNTIMED) return events;
  return events.map((event) => (event.timeMs === undefined ? { ...event, timeMs: oldest } : event));
}
