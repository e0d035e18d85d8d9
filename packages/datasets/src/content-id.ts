import { hash } from 'node:crypto';
import type { Event } from '@kindred/domain';

/** Stands between fields; no id, type or number can hold it, so the joined text reads in one way only. */
const SEPARATOR = '\u001f';

/**
 * The id of an event that brings none: 128 bits of SHA-256, in hex, over user, item, type, time, value and
 * properties (keys sorted). The same content gives the same id in every file and over the API.
 *
 * A log may hold rows that are equal in every field and still two events (the same article scanned twice on one
 * invoice: 5,192 lines of the UCI log). A file therefore counts how often it has met a content before
 * (`OccurrenceCounter`), and the n-th repeat, n > 0, hashes its number too. So the first occurrence has the id that
 * the API would give it, the same file read twice gives the same ids, and a longer export of the same log does too.
 */
export function contentId(event: Omit<Event, 'id'>, occurrence = 0): string {
  const repeat = occurrence === 0 ? '' : `${SEPARATOR}#${occurrence}`;
  const properties = event.properties === undefined ? '' : canonicalJson(event.properties);
  const canonical =
    event.userId +
    SEPARATOR +
    event.itemId +
    SEPARATOR +
    event.type +
    SEPARATOR +
    (event.timeMs ?? '') +
    SEPARATOR +
    (event.value ?? '') +
    SEPARATOR +
    properties +
    repeat;
  return hash('sha256', canonical, 'hex').slice(0, 32);
}

/** JSON with the keys of every object sorted. Input is plain JSON data (checked by validateEvent). */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const record = value as Record<string, unknown>;
  const fields = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
  return `{${fields.join(',')}}`;
}
