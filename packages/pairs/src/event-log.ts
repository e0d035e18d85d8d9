import { type Event, type ItemId, idFault, KindredError, type LogColumns, type UserId } from '@kindred/domain';
import { GrowingColumn } from './growing-column.js';

/** Batches of events, from memory or from a database cursor. */
export type EventSource = AsyncIterable<readonly Event[]> | Iterable<readonly Event[]>;

/** Sets of events that somebody else divided (a published split). */
export interface EventSets {
  readonly train: EventSource;
  readonly validation?: EventSource;
  readonly test: EventSource;
}

/** Which set an event was put into. The numbers stand in files. */
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;
export const SET_NAMES = ['train', 'validation', 'test'] as const;

/** Time of an event without one: sorts behind every real time. */
export const UNTIMED = Number.POSITIVE_INFINITY;

/**
 * All events in columns, 27 bytes an event, in canonical order: by time, user, item, type rank, type name, value.
 * Events that tie on all of these are interchangeable, so any input order of the same events gives the same log.
 */
export interface EventLog extends LogColumns {
  /** Distinct ids, in ascending order of UTF-16 code units. */
  readonly users: readonly UserId[];
  readonly items: readonly ItemId[];
  /** [events]: TRAIN, VALIDATION or TEST. */
  readonly set: Uint8Array;
}

/**
 * At one instant (and in logs without times) the later rank is the later word: what a user says about an item
 * stands behind what they did with it, so that a dislike is not undone by the view that came with it.
 */
const TYPE_RANK: Readonly<Record<string, number>> = {
  impression: 0,
  view: 1,
  click: 2,
  cart: 3,
  purchase: 5,
  like: 6,
  rating: 7,
  dislike: 8,
  return: 9,
};
const OWN_TYPE_RANK = 4;
const MOST_TYPES = 0xffff;
/** Largest time that a Date can hold, so that every time can be written as ISO 8601. */
const LARGEST_TIME_MS = 8.64e15;

/**
 * Reads events into columns. Ids are interned, so memory is 27 bytes an event plus the distinct ids.
 * @throws KindredError USER_INVALID, ITEM_INVALID, TIME_INVALID, VALUE_INVALID for an event that ingest would have refused;
 *   TIME_MISSING when only some events of a set have times; DATA_EMPTY when there is none
 */
export async function collectEvents(source: EventSource | EventSets): Promise<EventLog> {
  const builder = new EventLogBuilder();
  if (isEventSets(source)) {
    await builder.addAll(source.train, TRAIN);
    if (source.validation !== undefined) await builder.addAll(source.validation, VALIDATION);
    await builder.addAll(source.test, TEST);
  } else {
    await builder.addAll(source, TRAIN);
  }
  return builder.finish();
}

/** Whether the events were handed in already divided. */
export function isEventSets(source: EventSource | EventSets): source is EventSets {
  return 'train' in source;
}

class EventLogBuilder {
  readonly #users = new Vocabulary((id) => checkId(id, 'USER_INVALID', 'userId'));
  readonly #items = new Vocabulary((id) => checkId(id, 'ITEM_INVALID', 'itemId'));
  readonly #types = new Vocabulary(() => {});
  readonly #user = new GrowingColumn(Uint32Array);
  readonly #item = new GrowingColumn(Uint32Array);
  readonly #type = new GrowingColumn(Uint16Array);
  readonly #time = new GrowingColumn(Float64Array);
  readonly #value = new GrowingColumn(Float64Array);
  readonly #set = new GrowingColumn(Uint8Array);

  async addAll(source: EventSource, set: number): Promise<void> {
    let events = 0;
    let untimed = 0;
    for await (const batch of source) {
      for (const event of batch) {
        this.#add(event, set);
        events += 1;
        if (event.timeMs === undefined) untimed += 1;
      }
    }
    if (untimed > 0 && untimed < events) {
      throw new KindredError('TIME_MISSING', `${untimed} of ${events} events have no time`, { field: 'timeMs' });
    }
  }

  #add(event: Event, set: number): void {
    const { timeMs, value } = event;
    if (timeMs !== undefined && !(Math.abs(timeMs) <= LARGEST_TIME_MS)) {
      throw new KindredError('TIME_INVALID', `event ${event.id} has the time ${timeMs}`, { field: 'timeMs' });
    }
    if (value !== undefined && !Number.isFinite(value)) {
      throw new KindredError('VALUE_INVALID', `event ${event.id} has the value ${value}`, { field: 'value' });
    }
    this.#user.push(this.#users.positionOf(event.userId));
    this.#item.push(this.#items.positionOf(event.itemId));
    this.#type.push(this.#types.positionOf(event.type));
    this.#time.push(timeMs === undefined ? UNTIMED : Math.round(timeMs));
    // Adding 0 turns -0 into 0: the two compare equal but have different bytes.
    this.#value.push(value === undefined ? Number.NaN : value + 0);
    this.#set.push(set);
  }

  finish(): EventLog {
    if (this.#user.length === 0) throw new KindredError('DATA_EMPTY', 'there are no events');
    if (this.#types.size > MOST_TYPES) {
      throw new KindredError(
        'TYPE_INVALID',
        `${this.#types.size} different event types: the type column looks mis-mapped`,
      );
    }
    const users = this.#users.sorted();
    const items = this.#items.sorted();
    const types = this.#types.sorted();
    const log: EventLog = {
      users: users.names as UserId[],
      items: items.names as ItemId[],
      types: types.names,
      user: renumber(this.#user.trimmed(), users.rank),
      item: renumber(this.#item.trimmed(), items.rank),
      type: renumber(this.#type.trimmed(), types.rank),
      time: this.#time.trimmed(),
      value: this.#value.trimmed(),
      set: this.#set.trimmed(),
    };
    return reordered(log, canonicalOrder(log));
  }
}

/** Strings to numbers in order of appearance, and to their ranks when sorted. */
class Vocabulary {
  readonly #positions = new Map<string, number>();
  readonly #check: (name: string) => void;

  constructor(check: (name: string) => void) {
    this.#check = check;
  }

  get size(): number {
    return this.#positions.size;
  }

  positionOf(name: string): number {
    const known = this.#positions.get(name);
    if (known !== undefined) return known;
    this.#check(name);
    const position = this.#positions.size;
    this.#positions.set(name, position);
    return position;
  }

  /** The names in ascending order, and for each position of appearance its rank among them. */
  sorted(): { names: string[]; rank: Uint32Array } {
    // The default order of sort() is that of UTF-16 code units: the same on every machine and locale.
    const names = [...this.#positions.keys()].sort();
    const rank = new Uint32Array(names.length);
    for (let k = 0; k < names.length; k++) rank[this.#positions.get(names[k] as string) as number] = k;
    return { names, rank };
  }
}

function checkId(id: string, code: 'USER_INVALID' | 'ITEM_INVALID', field: string): void {
  const fault = idFault(id);
  if (fault !== undefined)
    throw new KindredError(code, `the id ${JSON.stringify(id.slice(0, 80))} ${fault}`, { field });
}

function renumber<T extends Uint32Array | Uint16Array>(column: T, rank: Uint32Array): T {
  for (let k = 0; k < column.length; k++) column[k] = rank[column[k] as number] as number;
  return column;
}

function canonicalOrder(log: EventLog): Uint32Array {
  const { time, user, item, type, value, set } = log;
  const typeOrder = rankTypes(log.types);
  const order = Uint32Array.from({ length: user.length }, (_, k) => k);
  // Infinity - Infinity is NaN, which is falsy like 0: two untimed events fall through to the next key.
  return order.sort(
    (a, b) =>
      (time[a] as number) - (time[b] as number) ||
      (user[a] as number) - (user[b] as number) ||
      (item[a] as number) - (item[b] as number) ||
      (typeOrder[type[a] as number] as number) - (typeOrder[type[b] as number] as number) ||
      compareValues(value[a] as number, value[b] as number) ||
      (set[a] as number) - (set[b] as number),
  );
}

/** NaN (no value) stands behind every number. */
function compareValues(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  return Number.isNaN(b) ? -1 : a - b;
}

/** [types]: place of each type among all, by rank and then by name. */
function rankTypes(types: readonly string[]): Uint32Array {
  const rank = (k: number) => {
    const type = types[k] as string;
    return Object.hasOwn(TYPE_RANK, type) ? (TYPE_RANK[type] as number) : OWN_TYPE_RANK;
  };
  const byRank = types.map((_, k) => k).sort((a, b) => rank(a) - rank(b) || a - b);
  const place = new Uint32Array(types.length);
  byRank.forEach((type, k) => {
    place[type] = k;
  });
  return place;
}

function reordered(log: EventLog, order: Uint32Array): EventLog {
  const { length } = order;
  const result = {
    ...log,
    user: new Uint32Array(length),
    item: new Uint32Array(length),
    type: new Uint16Array(length),
    time: new Float64Array(length),
    value: new Float64Array(length),
    set: new Uint8Array(length),
  };
  for (const name of ['user', 'item', 'type', 'time', 'value', 'set'] as const) {
    const from = log[name];
    const to = result[name];
    for (let k = 0; k < length; k++) to[k] = from[order[k] as number] as number;
  }
  return result;
}
