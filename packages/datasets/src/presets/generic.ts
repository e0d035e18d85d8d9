import { KNOWN_EVENT_TYPES } from '@kindred/domain';
import type { RawEvent } from '../validate-event.js';
import type { Row } from './preset.js';

/** What logs call the known types, lower case. Other names are kept as they are: they are the user's own types. */
const TYPE_ALIASES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(KNOWN_EVENT_TYPES.map((type) => [type, type])),
  pv: 'view',
  pageview: 'view',
  page_view: 'view',
  product_view: 'view',
  view_item: 'view',
  detail: 'view',
  addtocart: 'cart',
  add_to_cart: 'cart',
  'add-to-cart': 'cart',
  basket: 'cart',
  buy: 'purchase',
  transaction: 'purchase',
  order: 'purchase',
  sale: 'purchase',
  fav: 'like',
  favorite: 'like',
  favourite: 'like',
  refund: 'return',
  rate: 'rating',
};

/** What exports write for "no value". Taken as absent in ids and times of files, never in the API. */
const NO_VALUE = new Set(['\\N', 'NULL', 'null', 'NaN', 'nan', 'None', '<NA>', 'undefined']);

function absentIfNoValue(cell: unknown): unknown {
  return typeof cell === 'string' && NO_VALUE.has(cell) ? undefined : cell;
}

function knownType(cell: unknown): unknown {
  return typeof cell === 'string' ? (TYPE_ALIASES[cell.toLowerCase()] ?? cell) : cell;
}

/** A line of a log that no preset knows. @param constantType the type of lines that have none */
export function toGenericEvent(row: Row, constantType: string | undefined): RawEvent {
  const cell = row.type === undefined || row.type === '' || row.type === null ? constantType : row.type;
  return {
    userId: absentIfNoValue(row.user),
    itemId: absentIfNoValue(row.item),
    type: knownType(cell),
    time: absentIfNoValue(row.time),
    value: row.value,
    id: row.id,
    properties: row.properties,
  };
}
