import type { HeldOut, ItemId, SparseMatrix, UserId } from '@kindred/domain';
import { type EventLog, SET_NAMES, UNTIMED } from './event-log.js';
import { assembleHeldOut, type HeldOutPairs, type NewUser } from './held-out.js';
import type { Column, ColumnArrays } from './parquet-columns.js';
import type { SnapshotPart } from './snapshot-part.js';

/**
 * The columns of a snapshot's files (snake_case, as data frames have them):
 *
 * | file | columns |
 * |---|---|
 * | events.parquet | user_id, item_id, type, time?, value, set (train, validation, test) |
 * | PART.users.parquet | user_id, activity; the row number is the position |
 * | PART.items.parquet | item_id, popularity; the row number is the position |
 * | PART.positives.parquet | user, item (positions), strength, weight, time? |
 * | PART.negatives.parquet | user, item (positions), weight |
 * | PART.held_out.parquet | user_id, item_id, user, item (positions, -1 where training does not know them) |
 *
 * time? is left out where there are no times.
 */
export const EVENT_KINDS = {
  user_id: 'string',
  item_id: 'string',
  type: 'string',
  value: 'double',
  set: 'string',
} as const;
export const USER_KINDS = { user_id: 'string', activity: 'position' } as const;
export const ITEM_KINDS = { item_id: 'string', popularity: 'position' } as const;
export const POSITIVE_KINDS = { user: 'position', item: 'position', strength: 'float', weight: 'float' } as const;
export const NEGATIVE_KINDS = { user: 'position', item: 'position', weight: 'float' } as const;
export const HELD_OUT_KINDS = { user_id: 'string', item_id: 'string', user: 'position', item: 'position' } as const;
export const TIME_KIND = { time: 'time' } as const;

/** Divided events as columns. */
export function eventColumns(log: EventLog): Column[] {
  return [
    { name: 'user_id', kind: 'string', data: Array.from(log.user, (user) => log.users[user] as string) },
    { name: 'item_id', kind: 'string', data: Array.from(log.item, (item) => log.items[item] as string) },
    { name: 'type', kind: 'string', data: Array.from(log.type, (type) => log.types[type] as string) },
    ...(log.time.some((time) => time !== UNTIMED) ? [timeColumn(log.time)] : []),
    { name: 'value', kind: 'double', data: log.value },
    { name: 'set', kind: 'string', data: Array.from(log.set, (set) => SET_NAMES[set] as string) },
  ];
}

function timeColumn(data: Float64Array): Column {
  return { name: 'time', kind: 'time', data };
}

/** Columns back to the divided log; they stand in canonical order already. */
export function eventLogFrom(
  columns: {
    user_id: string[];
    item_id: string[];
    type: string[];
    value: Float64Array;
    set: string[];
    rowCount: number;
  },
  time: Float64Array | undefined,
): EventLog {
  const users = encodeNames(columns.user_id, Uint32Array);
  const items = encodeNames(columns.item_id, Uint32Array);
  const types = encodeNames(columns.type, Uint16Array);
  return {
    users: users.names as UserId[],
    items: items.names as ItemId[],
    types: types.names,
    user: users.codes,
    item: items.codes,
    type: types.codes,
    time: time ?? new Float64Array(columns.rowCount).fill(UNTIMED),
    value: columns.value,
    set: Uint8Array.from(columns.set, (name) => SET_NAMES.indexOf(name as (typeof SET_NAMES)[number])),
  };
}

function encodeNames<T extends Uint32Array | Uint16Array>(
  values: readonly string[],
  make: new (length: number) => T,
): { names: string[]; codes: T } {
  const names = [...new Set(values)].sort();
  const codeOf = new Map(names.map((name, k) => [name, k]));
  const codes = new make(values.length);
  for (let k = 0; k < values.length; k++) codes[k] = codeOf.get(values[k] as string) as number;
  return { names, codes };
}

/** The files of one part: name to columns. */
export function partColumns(part: SnapshotPart, heldOutPairs: HeldOutPairs | undefined, log: EventLog) {
  const { data, statistics } = part;
  const files: [string, Column[]][] = [
    [
      'users',
      [
        { name: 'user_id', kind: 'string', data: part.users },
        { name: 'activity', kind: 'position', data: statistics.userActivity },
      ],
    ],
    [
      'items',
      [
        { name: 'item_id', kind: 'string', data: part.items },
        { name: 'popularity', kind: 'position', data: statistics.itemPopularity },
      ],
    ],
    [
      'positives',
      [
        { name: 'user', kind: 'position', data: rowsOf(data.positives) },
        { name: 'item', kind: 'position', data: data.positives.columns },
        { name: 'strength', kind: 'float', data: data.positives.values },
        { name: 'weight', kind: 'float', data: data.weights },
        ...(data.times === undefined ? [] : [timeColumn(data.times)]),
      ],
    ],
    [
      'negatives',
      [
        { name: 'user', kind: 'position', data: rowsOf(data.negatives) },
        { name: 'item', kind: 'position', data: data.negatives.columns },
        { name: 'weight', kind: 'float', data: data.negatives.values },
      ],
    ],
  ];
  if (heldOutPairs !== undefined) files.push(['held_out', heldOutColumns(part, heldOutPairs, log)]);
  return files;
}

function heldOutColumns(part: SnapshotPart, pairs: HeldOutPairs, log: EventLog): Column[] {
  const userPosition = positionsOf(part.users);
  const itemPosition = positionsOf(part.items);
  const userIds = Array.from(pairs.user, (user) => log.users[user] as string);
  const itemIds = Array.from(pairs.item, (item) => log.items[item] as string);
  return [
    { name: 'user_id', kind: 'string', data: userIds },
    { name: 'item_id', kind: 'string', data: itemIds },
    { name: 'user', kind: 'position', data: Int32Array.from(userIds, (id) => userPosition.get(id) ?? -1) },
    { name: 'item', kind: 'position', data: Int32Array.from(itemIds, (id) => itemPosition.get(id) ?? -1) },
  ];
}

function positionsOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, k) => [name, k]));
}

/** The row of each entry. [entries] */
function rowsOf(matrix: SparseMatrix): Uint32Array {
  const rows = new Uint32Array(matrix.columns.length);
  for (let r = 0; r < matrix.rowCount; r++) {
    rows.fill(r, matrix.offsets[r] as number, matrix.offsets[r + 1] as number);
  }
  return rows;
}

/** Entries in row order back to a matrix. */
export function matrixFromColumns(
  rowCount: number,
  columnCount: number,
  rows: Int32Array,
  columns: Int32Array,
  values: Float32Array,
): SparseMatrix {
  const offsets = new Uint32Array(rowCount + 1);
  for (const row of rows) offsets[row + 1] = (offsets[row + 1] as number) + 1;
  for (let r = 0; r < rowCount; r++) offsets[r + 1] = (offsets[r + 1] as number) + (offsets[r] as number);
  return { rowCount, columnCount, offsets, columns: Uint32Array.from(columns), values };
}

/** The held-out file back to held-out items and new users. */
export function heldOutFromColumns(
  columns: { [Name in keyof typeof HELD_OUT_KINDS]: ColumnArrays[(typeof HELD_OUT_KINDS)[Name]] },
  users: readonly UserId[],
  items: readonly ItemId[],
): { heldOut: HeldOut; newUsers: NewUser[] } {
  const userCodes = encodeNames(columns.user_id, Uint32Array);
  const userPosition = new Int32Array(userCodes.names.length);
  userCodes.codes.forEach((code, k) => {
    userPosition[code] = columns.user[k] as number;
  });
  const pairs = { user: userCodes.codes, item: Uint32Array.from(columns.item.keys()) };
  return assembleHeldOut(
    pairs,
    { names: users, position: userPosition },
    { names: items, position: columns.item },
    userCodes.names as UserId[],
  );
}
