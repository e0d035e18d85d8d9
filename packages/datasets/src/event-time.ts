/** Numbers below this are Unix seconds, from it on milliseconds: 1e11 s is the year 5138, 1e11 ms is March 1973. */
export const MILLISECONDS_FROM = 100_000_000_000;

/** How far ahead of the clock a time may be: clocks and time zones of senders are not exact. */
export const FUTURE_TOLERANCE_MS = 24 * 3_600_000;

/** From here on a number can only be micro- or nanoseconds: 1e14 ms is the year 5138. */
const MICROSECONDS_FROM = 100_000_000_000_000;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|z|UTC|([+-])(\d{2}):?(\d{2})?))?)?$/;

/** A number written as text (decimal, optional exponent), or undefined when the text is not one. */
export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

/**
 * Reads a time: ISO 8601 (no zone means UTC), Unix seconds or Unix milliseconds (see
 * `MILLISECONDS_FROM`), as number or text, fractions allowed, or a Date.
 * @returns Unix milliseconds, rounded; or a sentence about what is wrong with it
 */
export function parseTime(given: unknown): number | string {
  if (typeof given === 'number') return fromNumber(given, given);
  if (typeof given === 'bigint') return fromNumber(Number(given), given);
  if (given instanceof Date) return fromNumber(given.getTime(), 'the date', 1);
  if (typeof given !== 'string') return `is of the type ${Array.isArray(given) ? 'array' : typeof given}`;
  const text = given.trim();
  const number = parseNumber(text);
  if (number === undefined) return fromIso(text);
  if (text.length === 8 && /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(text)) {
    return `"${text}" reads as a date without separators; write ${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  }
  return fromNumber(number, text);
}

function fromNumber(value: number, shown: unknown, unitMs = value < MILLISECONDS_FROM ? 1000 : 1): number | string {
  if (!Number.isFinite(value)) return `${shown} is not a number`;
  if (value < 0) return `${shown} lies before 1970`;
  if (value >= MICROSECONDS_FROM) return `${shown} is out of range; microseconds and nanoseconds are not read`;
  return Math.round(value * unitMs);
}

function fromIso(text: string): number | string {
  const parts = ISO.exec(text);
  if (parts === null) return `"${text.slice(0, 40)}" is neither ISO 8601 nor Unix time`;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const existsInCalendar = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!existsInCalendar || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) {
    return `"${text}" is not a date of the calendar`;
  }
  const offsetMinutes =
    parts[9] === undefined ? 0 : Number(`${parts[9]}1`) * (Number(parts[10]) * 60 + Number(parts[11] ?? 0));
  const ofDayMs = ((Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second)) * 1000;
  return fromNumber(date.getTime() + ofDayMs + Math.round(Number(`0.${fraction || '0'}`) * 1000), text, 1);
}
