import { type ErrorCode, type Event, type ItemId, idFault, type UserId } from '@kindred/domain';
import { contentId } from './content-id.js';
import { FUTURE_TOLERANCE_MS, parseNumber, parseTime } from './event-time.js';

/** An event as it comes from outside: any field may be missing or of any type. */
export interface RawEvent {
  readonly userId?: unknown;
  readonly itemId?: unknown;
  readonly type?: unknown;
  readonly time?: unknown;
  readonly value?: unknown;
  readonly id?: unknown;
  readonly properties?: unknown;
}

/** Why an event is not taken. `field` is the one at fault. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: string | undefined;
}

export type Validated = { readonly kind: 'event'; readonly event: Event } | Rejection;

export interface ValidationOptions {
  /** True for a log without a time axis: an absent time is then no fault. A time that is there is always checked. */
  readonly timeOptional?: boolean;
  /** Gives the id when the event brings none; default: `contentId`. */
  readonly idOf?: (event: Omit<Event, 'id'>) => string;
}

const TYPE = /^[A-Za-z0-9_-]{1,64}$/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const MAX_PROPERTIES_LENGTH = 16_384;
const MAX_PROPERTIES_DEPTH = 8;

export function rejection(code: ErrorCode, message: string, field?: string): Rejection {
  return { kind: 'rejected', code, message, field };
}

/**
 * The one check of an event, for files and for the API alike.
 *
 * Ids are kept exactly as given, 1 to 256 characters, no control characters, no lone surrogates; a whole number is
 * taken as its digits; blank or absent is *_MISSING. `time`: see parseTime; more than 24 hours after `nowMs` is
 * refused. `value`: a finite number, as number or text; absent, null and '' are no value. `properties`: a plain JSON
 * object of at most 16 KiB without NUL (Postgres can't hold one).
 */
export function validateEvent(raw: unknown, nowMs: number, options: ValidationOptions = {}): Validated {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
    return rejection('EVENT_INVALID', 'an event is an object');
  }
  const given = raw as RawEvent;
  const userId = readId(given.userId, 'userId', 'USER_MISSING', 'USER_INVALID');
  if (typeof userId !== 'string') return userId;
  const itemId = readId(given.itemId, 'itemId', 'ITEM_MISSING', 'ITEM_INVALID');
  if (typeof itemId !== 'string') return itemId;
  const { type } = given;
  if (typeof type !== 'string' || !TYPE.test(type)) {
    return rejection('TYPE_INVALID', `type ${shown(type)} is not 1 to 64 letters, digits, - and _`, 'type');
  }
  const timeMs = readTime(given.time, nowMs, options.timeOptional === true);
  if (typeof timeMs === 'object') return timeMs;
  const value = readValue(given.value);
  if (typeof value === 'object') return value;
  const properties = readProperties(given.properties);
  if (properties?.kind === 'rejected') return properties;
  const hasId = given.id !== undefined && given.id !== null && given.id !== '';
  const id = hasId ? readId(given.id, 'id', 'EVENT_ID_INVALID', 'EVENT_ID_INVALID') : '';
  if (typeof id !== 'string') return id;
  const event = {
    id,
    userId: userId as UserId,
    itemId: itemId as ItemId,
    type,
    timeMs,
    value,
    properties: properties?.record,
  };
  if (!hasId) event.id = options.idOf === undefined ? contentId(event) : options.idOf(event);
  return { kind: 'event', event };
}

function readId(given: unknown, field: string, missing: ErrorCode, invalid: ErrorCode): string | Rejection {
  if (given === undefined || given === null) return rejection(missing, `${field} is missing`, field);
  const id = typeof given === 'string' ? given : wholeNumberText(given);
  if (id === undefined) {
    const because = Number.isInteger(given)
      ? 'has more digits than a number holds: send it as text'
      : 'is neither text nor a whole number';
    return rejection(invalid, `${field} ${because}`, field);
  }
  if (id.length === 0 || id.trim().length === 0) return rejection(missing, `${field} is empty`, field);
  const fault = idFault(id);
  return fault === undefined ? id : rejection(invalid, `${field} ${fault}`, field);
}

function wholeNumberText(given: unknown): string | undefined {
  if (typeof given === 'bigint' || Number.isSafeInteger(given)) return String(given);
  return undefined;
}

function readTime(given: unknown, nowMs: number, optional: boolean): number | undefined | Rejection {
  if (given === undefined || given === null || given === '') {
    return optional ? undefined : rejection('TIME_MISSING', 'time is missing', 'time');
  }
  const timeMs = parseTime(given);
  if (typeof timeMs === 'string') return rejection('TIME_INVALID', `time ${timeMs}`, 'time');
  if (timeMs > nowMs + FUTURE_TOLERANCE_MS) {
    return rejection('TIME_IN_FUTURE', `time ${new Date(timeMs).toISOString()} is in the future`, 'time');
  }
  return timeMs;
}

function readValue(given: unknown): number | undefined | Rejection {
  if (given === undefined || given === null || given === '') return undefined;
  const value =
    typeof given === 'string' ? parseNumber(given.trim()) : typeof given === 'bigint' ? Number(given) : given;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return rejection('VALUE_INVALID', `value ${shown(given)} is not a finite number`, 'value');
}

type Properties = { readonly kind: 'properties'; readonly record: Record<string, unknown> };

function readProperties(given: unknown): Properties | Rejection | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object' || Array.isArray(given)) {
    return rejection('EVENT_INVALID', 'properties is not an object', 'properties');
  }
  const fault = jsonFault(given, MAX_PROPERTIES_DEPTH);
  if (fault !== undefined) return rejection('EVENT_INVALID', `properties ${fault}`, 'properties');
  if (JSON.stringify(given).length > MAX_PROPERTIES_LENGTH) {
    return rejection('EVENT_INVALID', 'properties are longer than 16 KiB', 'properties');
  }
  return { kind: 'properties', record: given as Record<string, unknown> };
}

/** What in a value can't be kept as JSON in Postgres, or undefined. */
function jsonFault(value: unknown, depth: number): string | undefined {
  if (value === null || value === undefined || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') {
    return value.includes('\0') || LONE_SURROGATE.test(value) ? 'hold NUL or half a surrogate pair' : undefined;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'hold a number that is not finite';
  if (typeof value !== 'object') return `hold a ${typeof value}`;
  if (depth === 0) return `are nested deeper than ${MAX_PROPERTIES_DEPTH} levels`;
  for (const [key, inner] of Object.entries(value)) {
    const fault = jsonFault(key, 1) ?? jsonFault(inner, depth - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function shown(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given.slice(0, 40));
  if (given === undefined) return 'is missing:';
  return typeof given === 'object' ? 'of the type object' : String(given);
}
