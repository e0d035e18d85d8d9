import { type Event, type ItemId, KindredError, Random, type UserId } from '@kindred/domain';

/**
 * - `bot`: random items of the whole catalogue, seconds apart, as many as a busy customer has.
 * - `scraper`: a stretch of the catalogue in the order of its ids, a fixed time apart.
 * - `reseller`: a few items again and again, in tenfold quantities, at ordinary times.
 * - `mixture`: one account that many people share: a run of events of each of several customers.
 */
export const ANOMALY_KINDS = ['bot', 'scraper', 'reseller', 'mixture'] as const;
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

export interface AnomalyOptions {
  /** Of each kind as many. Default: all. */
  readonly kinds?: readonly AnomalyKind[] | undefined;
  /** Anomalous users that are added, as a share of the users there are; at least one of each kind. */
  readonly share: number;
  readonly seed: number;
}

export interface PlantedLog {
  /** All that there were, then those that were added. */
  readonly events: Event[];
  /** Of each user that was added. */
  readonly kindOfUser: ReadonlyMap<string, AnomalyKind>;
}

const BOT_GAP_MS = 3000;
const SCRAPED_SHARE = [0.05, 0.25] as const;
const SCRAPER_GAP_MS = [5000, 30_000] as const;
const RESOLD_ITEMS = [3, 6] as const;
const RESOLD_QUANTITY = 10;
const MIXED_USERS = [4, 10] as const;
const MIXED_RUN = 20;

/**
 * Adds users to a log that no customer is like. What they do carries the types and values of real events, drawn at random.
 * The same log, options and seed give the same events.
 * @throws KindredError USAGE for a log without events, or without kinds
 */
export function plantAnomalies(
  events: readonly Event[],
  { kinds = ANOMALY_KINDS, share, seed }: AnomalyOptions,
): PlantedLog {
  if (events.length === 0 || kinds.length === 0)
    throw new KindredError('USAGE', 'anomalies are planted into events, and of at least one kind');
  const real = describe(events);
  const count = Math.max(kinds.length, Math.round(share * real.histories.length));
  const kindOfUser = new Map<string, AnomalyKind>();
  const planted: Event[] = [];
  for (let k = 0; k < count; k++) {
    const kind = kinds[k % kinds.length] as AnomalyKind;
    const userId = `planted-${kind}-${k + 1}`;
    kindOfUser.set(userId, kind);
    // A stream for each user: another count of them leaves the first ones as they are.
    const drafts = ACTS[kind](real, new Random(seed, userId));
    planted.push(...drafts.map((draft, n) => ({ ...draft, id: `${userId}-${n + 1}`, userId: userId as UserId })));
  }
  return { events: [...events, ...planted], kindOfUser };
}

interface RealLog {
  readonly events: readonly Event[];
  /** Ascending by id. */
  readonly items: readonly ItemId[];
  /** The events of each user, the user with the fewest first. */
  readonly histories: readonly (readonly Event[])[];
}

type Draft = Omit<Event, 'id' | 'userId'>;

const ACTS: Readonly<Record<AnomalyKind, (real: RealLog, random: Random) => Draft[]>> = {
  bot(real, random) {
    let timeMs = oneOf(real.events, random).timeMs;
    return Array.from({ length: busyLength(real, random) }, () => {
      timeMs = later(timeMs, -Math.log(1 - random.next()) * BOT_GAP_MS);
      return { ...likeAny(real, random), itemId: oneOf(real.items, random), timeMs };
    });
  },
  scraper(real, random) {
    const { items } = real;
    const length = Math.max(2, Math.round(between(SCRAPED_SHARE, random) * items.length));
    const start = random.below(items.length);
    const startMs = oneOf(real.events, random).timeMs;
    const gapMs = between(SCRAPER_GAP_MS, random);
    return Array.from({ length }, (_, k) => ({
      ...likeAny(real, random),
      itemId: items[(start + k) % items.length] as ItemId,
      timeMs: later(startMs, k * gapMs),
    }));
  },
  reseller(real, random) {
    const few = Array.from({ length: wholeBetween(RESOLD_ITEMS, random) }, () => oneOf(real.events, random).itemId);
    return Array.from({ length: busyLength(real, random) }, () => {
      const { timeMs } = oneOf(real.events, random);
      const { value, ...rest } = likeAny(real, random);
      const quantity = value === undefined ? undefined : Math.abs(value) * RESOLD_QUANTITY;
      return { ...rest, value: quantity, itemId: oneOf(few, random), timeMs };
    });
  },
  mixture(real, random) {
    return Array.from({ length: wholeBetween(MIXED_USERS, random) }, () => {
      const history = oneOf(real.histories, random);
      const start = random.below(Math.max(1, history.length - MIXED_RUN));
      return history.slice(start, start + MIXED_RUN).map(({ id: _, userId: __, ...draft }) => draft);
    }).flat();
  },
};

function describe(events: readonly Event[]): RealLog {
  const histories = new Map<string, Event[]>();
  for (const event of events) {
    const own = histories.get(event.userId);
    if (own === undefined) histories.set(event.userId, [event]);
    else own.push(event);
  }
  const items = [...new Set(events.map(({ itemId }) => itemId))].sort();
  return { events, items, histories: [...histories.values()].sort((a, b) => a.length - b.length) };
}

/** As many events as one of the busier half of the customers has. */
function busyLength({ histories }: RealLog, random: Random): number {
  const half = histories.slice(histories.length >> 1);
  return oneOf(half, random).length;
}

/** What an event says beside who, what and when. */
function likeAny({ events }: RealLog, random: Random): Draft {
  const { id: _, userId: __, ...draft } = oneOf(events, random);
  return draft;
}

function oneOf<T>(values: readonly T[], random: Random): T {
  return values[random.below(values.length)] as T;
}

function between([from, to]: readonly [number, number], random: Random): number {
  return from + (to - from) * random.next();
}

function wholeBetween([from, to]: readonly [number, number], random: Random): number {
  return from + random.below(to - from + 1);
}

/** A log without times stays without. */
function later(timeMs: number | undefined, byMs: number): number | undefined {
  return timeMs === undefined ? undefined : Math.round(timeMs + byMs);
}
