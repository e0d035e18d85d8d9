import type { Event } from '@kindred/domain';
import { toJson } from '../repositories/stored-value.js';

const NULL = '\\N';
const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A field in the text format of COPY. */
function copyField(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character) : text;
}

/** The columns of copyEvent, in its order. */
export const COPY_COLUMNS = 'id, user_id, item_id, type, time_ms, value, properties';

/** An event as a line in the text format of COPY. */
export function copyEvent(event: Event): string {
  const time = event.timeMs === undefined ? NULL : String(event.timeMs);
  const value = event.value === undefined ? NULL : String(event.value);
  const properties = event.properties === undefined ? NULL : copyField(toJson(event.properties));
  const ids = `${copyField(event.id)}\t${copyField(event.userId)}\t${copyField(event.itemId)}`;
  return `${ids}\t${copyField(event.type)}\t${time}\t${value}\t${properties}\n`;
}
