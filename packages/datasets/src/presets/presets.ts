import { KindredError, nearestName } from '@kindred/domain';
import type { RawEvent } from '../validate-event.js';
import { toGenericEvent } from './generic.js';
import type { Preset, Row } from './preset.js';
import { uciOnlineRetail } from './uci-online-retail.js';

const movielens: Preset = {
  name: 'movielens',
  what: 'MovieLens ratings: ratings.csv, u.data (no header), or our interactions.tsv',
  columns: { user: ['userid'], item: ['movieid', 'itemid'], value: ['rating'], time: ['timestamp'] },
  required: ['user', 'item', 'value'],
  headerless: ['user', 'item', 'value', 'time'],
  guessed: true,
  signature: ['movieid'],
  notes: ['each line is a rating, its value the stars'],
  toEvent: (row) => toGenericEvent(row, 'rating'),
};

const retailrocket: Preset = {
  name: 'retailrocket',
  what: 'RetailRocket events: events.csv (timestamp,visitorid,event,itemid,transactionid) or user_id,item_id,behavior,timestamp',
  columns: {
    user: ['visitorid', 'userid'],
    item: ['itemid'],
    type: ['event', 'behavior'],
    time: ['timestamp'],
    invoice: ['transactionid'],
  },
  required: ['user', 'item', 'type', 'time'],
  guessed: true,
  signature: ['visitorid'],
  notes: [
    'addtocart and cart become cart, transaction and buy become purchase',
    'a transaction id is kept as a property',
  ],
  toEvent: (row) => {
    const event = toGenericEvent(row, undefined);
    const transaction = row.invoice === undefined || row.invoice === null ? '' : String(row.invoice);
    return transaction === '' ? event : { ...event, properties: { transaction } };
  },
};

const pairs: Preset = {
  name: 'pairs',
  what: 'bare user-item pairs without times (Gowalla and most published splits)',
  columns: { user: ['userid', 'user'], item: ['itemid', 'item'] },
  required: ['user', 'item'],
  headerless: ['user', 'item'],
  guessed: false,
  notes: ['each line is a view: the weakest claim that a pair makes; there is no time axis'],
  toEvent: (row) => toGenericEvent(row, 'view'),
};

const lastfm: Preset = {
  name: 'lastfm',
  what: 'Last.fm listening counts: user_id,item_id,weight',
  columns: { user: ['userid'], item: ['itemid', 'artistid'], value: ['weight', 'plays'] },
  required: ['user', 'item', 'value'],
  headerless: ['user', 'item', 'value'],
  guessed: false,
  notes: ['each line is an event of the type play, its value the number of plays; there is no time axis'],
  toEvent: (row) => toGenericEvent(row, 'play'),
};

const amazonSequence: Preset = {
  name: 'amazon-sequence',
  what: 'Amazon review sequences: user_id,item_id,position',
  columns: { user: ['userid'], item: ['itemid'], position: ['position'] },
  required: ['user', 'item', 'position'],
  guessed: true,
  notes: [
    'positions order the events of one user and are no dates, so events get no time (a made-up one would feed decay and time splits)',
    'the position is kept as a property, and events come in the order of the file',
  ],
  toEvent: (row) => ({ ...toGenericEvent(row, 'purchase'), properties: positionOf(row) }),
};

function positionOf(row: Row): RawEvent['properties'] {
  const position = Number(row.position);
  return Number.isFinite(position) ? { position } : undefined;
}

const events: Preset = {
  name: 'events',
  what: 'events in the shape of POST /v1/events: userId, itemId, type, time, value, id, properties',
  columns: {
    user: ['userid'],
    item: ['itemid'],
    type: ['type'],
    time: ['time'],
    value: ['value'],
    id: ['id'],
    properties: ['properties'],
  },
  required: ['user', 'item', 'type', 'time'],
  guessed: true,
  signature: ['type', 'time'],
  notes: ['fields are read as the API reads them; types and ids are kept as they are'],
  toEvent: (row) => ({
    userId: row.user,
    itemId: row.item,
    type: row.type,
    time: row.time,
    value: row.value,
    id: row.id,
    properties: row.properties === '' ? undefined : row.properties,
  }),
};

export const PRESETS: readonly Preset[] = [
  uciOnlineRetail,
  movielens,
  retailrocket,
  amazonSequence,
  events,
  pairs,
  lastfm,
];

/** `gowalla` is the name that people look for. */
const ALIASES: Readonly<Record<string, string>> = { gowalla: 'pairs', amazon: 'amazon-sequence' };

/** @throws KindredError PRESET_UNKNOWN with the known names */
export function presetByName(name: string): Preset {
  const preset = PRESETS.find((known) => known.name === (ALIASES[name] ?? name));
  if (preset !== undefined) return preset;
  const names = [...PRESETS.map((known) => known.name), ...Object.keys(ALIASES)];
  const near = nearestName(name, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new KindredError('PRESET_UNKNOWN', `"${name}" is none of ${names.join(', ')}${hint}`, { field: '--preset' });
}
