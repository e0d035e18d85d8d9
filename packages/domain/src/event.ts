import type { ItemId, UserId } from './ids.js';

/** The event types that Kindred knows the meaning of. Any other name is the user's own type. */
export const KNOWN_EVENT_TYPES = [
  'view',
  'click',
  'cart',
  'purchase',
  'rating',
  'like',
  'dislike',
  'return',
  'impression',
] as const;
export type KnownEventType = (typeof KNOWN_EVENT_TYPES)[number];
export type EventType = KnownEventType | (string & {});

/** One line of a log: who did what with which item, and when. */
export interface Event {
  /** Idempotency key: the event's own id, or a hash of its content. */
  readonly id: string;
  readonly userId: UserId;
  readonly itemId: ItemId;
  readonly type: EventType;
  /** Unix milliseconds, UTC. Undefined only for logs without a time axis. */
  readonly timeMs: number | undefined;
  /** Stars, quantity or seconds, as the type has it. */
  readonly value: number | undefined;
  readonly properties: Readonly<Record<string, unknown>> | undefined;
}
