import type { Event, ItemId, UserId } from '@kindred/domain';
import { interactionsOfUser, type PairSettings, type UserInteraction } from '@kindred/pairs';
import type { HistoryEntry } from '@kindred/serving';
import { itemIdsOfUser, newestEventsOfUser, type Queryable } from '@kindred/storage';

/** A user's vector is made from so many of their newest events. */
const NEWEST_EVENTS = 500;
/** What an item of a session counts as: somebody looked at it. */
const SESSION_EVENT_TYPE = 'click';

/** Who is asked about: a user by their stored events, an anonymous session by its items, or both together. */
export interface Visitor {
  readonly userId: string | undefined;
  /** Oldest first. */
  readonly session: readonly string[];
}

/** What is known of a visitor. */
export interface VisitorHistory {
  readonly entries: readonly HistoryEntry[];
  /** Items of the stored events behind the entries. */
  readonly storedItems: ReadonlySet<string>;
  /** Items that were seen too, but too long ago to say what to look for now. */
  readonly olderItems: readonly string[];
}

/**
 * The newest stored events and the session, by the rules and strengths of training. Read at request time, so that an
 * event counts from the moment it is stored.
 */
export async function historyOf(db: Queryable, visitor: Visitor, settings: PairSettings): Promise<VisitorHistory> {
  const { userId, session } = visitor;
  const stored = userId === undefined ? [] : await newestEventsOfUser(db, userId, NEWEST_EVENTS);
  const interactions = await interactionsOfUser([...stored, ...sessionEvents(visitor, Date.now())], settings);
  const isLong = userId !== undefined && stored.length === NEWEST_EVENTS;
  return {
    entries: interactions
      .filter((interaction) => isTelling(interaction, settings))
      .map(({ itemId, signedStrength, timeMs }) => ({ itemId, strength: signedStrength, timeMs })),
    storedItems: new Set(stored.map((event) => event.itemId)),
    olderItems: [...session.slice(0, -NEWEST_EVENTS), ...(isLong ? await itemIdsOfUser(db, userId) : [])],
  };
}

/** An impression that led to nothing is no reason to hide the item: only what was rejected on purpose is. */
function isTelling({ signedStrength }: UserInteraction, settings: PairSettings): boolean {
  return signedStrength > 0 || signedStrength <= -Math.fround(settings.explicitNegativeWeight);
}

/** The newest item is of this instant, each before it a millisecond older, so that their order is kept. */
function sessionEvents({ userId, session }: Visitor, nowMs: number): Event[] {
  return session.slice(-NEWEST_EVENTS).map((itemId, position, items) => ({
    id: `session-${position}`,
    userId: (userId ?? 'session') as UserId,
    itemId: itemId as ItemId,
    type: SESSION_EVENT_TYPE,
    timeMs: nowMs - (items.length - 1 - position),
    value: undefined,
    properties: undefined,
  }));
}
