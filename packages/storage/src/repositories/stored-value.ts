import { KindredError } from '@kindred/domain';

/** Times leave the storage as Unix milliseconds. */
export function toMs(time: Date): number;
export function toMs(time: Date | null): number | undefined;
export function toMs(time: Date | null): number | undefined {
  return time === null ? undefined : time.getTime();
}

const UNSTORABLE_ESCAPE = /\\u(0000|d[89a-f])/i;
/** NUL, and halves of surrogate pairs: JSON and JavaScript have them, jsonb and UTF-8 have not. */
const UNSTORABLE_CHARACTERS = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const REPLACEMENT = '\uFFFD';

/** Text for people (messages, reasons): what Postgres can not hold becomes U+FFFD. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE_CHARACTERS, REPLACEMENT);
}

/** A value for a jsonb column; what Postgres can not hold in its texts and keys becomes U+FFFD. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null';
  return UNSTORABLE_ESCAPE.test(json) ? JSON.stringify(storableJson(JSON.parse(json))) : json;
}

/** As toJson, undefined staying SQL's null. */
export function toJsonOrNull(value: unknown): string | null {
  return value === undefined ? null : toJson(value);
}

/** What a jsonb column held: null becomes undefined. */
export function fromJson<T>(value: unknown): T | undefined {
  return value === null ? undefined : (value as T);
}

/** @throws KindredError NOT_FOUND when there is no such row */
export function requireFound<T>(found: T | undefined, kind: string, id: string | number): T {
  if (found === undefined) throw new KindredError('NOT_FOUND', `there is no ${kind} ${id}`, { field: 'id' });
  return found;
}

function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), storableJson(inner)]));
}
