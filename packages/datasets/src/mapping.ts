import { KindredError, nearestName } from '@kindred/domain';

/** What a column can be used as. The last three are for presets. */
export const MAPPED_FIELDS = [
  'user',
  'item',
  'type',
  'time',
  'value',
  'id',
  'title',
  'properties',
  'price',
  'invoice',
  'position',
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

/** Fields that a person may give by `--map`. */
const OPEN_FIELDS = ['user', 'item', 'type', 'time', 'value', 'id', 'title', 'properties'] as const;

/** Field → name of the column (or its number, the first is 1, for a file without header). */
export type Mapping = Readonly<Partial<Record<MappedField, string>>>;

/** What `--map` says: columns, and the one type of all events where no column holds it. */
export interface GivenMapping {
  readonly columns: Mapping;
  readonly constantType: string | undefined;
}

/**
 * Reads `user=customer,item=sku,time=ts`: field=column, separated by commas. `type:purchase` (a colon) gives every
 * event that type. Columns are names of the header; numbers (the first is 1) for a file without one; dotted paths
 * (`user.id`) into JSON Lines.
 * @throws KindredError MAPPING_INVALID
 */
export function parseMapping(text: string): GivenMapping {
  const columns: Partial<Record<MappedField, string>> = {};
  let constantType: string | undefined;
  for (const part of text.split(',')) {
    const match = /^\s*([A-Za-z]+)\s*([=:])\s*(.*?)\s*$/.exec(part);
    if (match === null || match[3] === '') {
      throw new KindredError('MAPPING_INVALID', `"${part}" is not of the form field=column`, { field: '--map' });
    }
    const [, name = '', sign, column = ''] = match;
    const field = OPEN_FIELDS.find((known) => known === name.toLowerCase());
    if (field === undefined) throw unknownField(name);
    if (columns[field] !== undefined || (field === 'type' && constantType !== undefined)) {
      throw new KindredError('MAPPING_INVALID', `${field} is given twice`, { field: '--map' });
    }
    if (sign === '=') columns[field] = column;
    else if (field === 'type') constantType = column;
    else throw new KindredError('MAPPING_INVALID', `only type can be a constant, not ${field}`, { field: '--map' });
  }
  return { columns, constantType };
}

function unknownField(name: string): KindredError {
  const near = nearestName(name, OPEN_FIELDS);
  const hint = near === undefined ? `known: ${OPEN_FIELDS.join(', ')}` : `did you mean ${near}?`;
  return new KindredError('MAPPING_INVALID', `there is no field "${name}"; ${hint}`, { field: '--map' });
}

/** Usual names of columns, lower case, without separators; the first one that a file has is taken. */
const USUAL_NAMES: Readonly<Partial<Record<MappedField, readonly string[]>>> = {
  user: [
    'userid',
    'user',
    'uid',
    'customerid',
    'customer',
    'visitorid',
    'visitor',
    'clientid',
    'client',
    'memberid',
    'member',
    'accountid',
    'account',
    'buyerid',
    'shopperid',
    'reviewerid',
    'profileid',
    'personid',
    'username',
  ],
  item: [
    'itemid',
    'item',
    'iid',
    'productid',
    'product',
    'sku',
    'stockcode',
    'movieid',
    'articleid',
    'article',
    'parentasin',
    'asin',
    'trackid',
    'songid',
    'artistid',
    'bookid',
    'isbn',
    'contentid',
    'listingid',
    'businessid',
    'locationid',
    'goodsid',
  ],
  type: [
    'eventtype',
    'event',
    'type',
    'behavior',
    'behaviour',
    'behaviortype',
    'behaviourtype',
    'action',
    'actiontype',
    'activity',
    'interaction',
    'interactiontype',
    'eventname',
  ],
  time: [
    'timestamp',
    'time',
    'ts',
    'datetime',
    'date',
    'eventtime',
    'eventtimestamp',
    'eventdate',
    'createdat',
    'occurredat',
    'unixtime',
    'unixreviewtime',
    'invoicedate',
    'orderdate',
    'purchasedate',
  ],
  value: ['rating', 'stars', 'score', 'overall', 'value', 'quantity', 'qty', 'weight', 'count', 'plays', 'playcount'],
  id: ['eventid', 'idempotencykey'],
  title: ['title', 'itemtitle', 'itemname', 'productname', 'producttitle', 'description', 'itemdescription'],
};

export function plainName(column: string): string {
  return column.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The columns that bear a usual name. A column serves one field only. */
export function guessMapping(columns: readonly string[]): Mapping {
  const plain = columns.map(plainName);
  const guessed: Partial<Record<MappedField, string>> = {};
  for (const [field, names] of Object.entries(USUAL_NAMES) as [MappedField, readonly string[]][]) {
    const found = names.map((name) => plain.indexOf(name)).find((index) => index >= 0);
    if (found !== undefined) guessed[field] = columns[found] as string;
  }
  return guessed;
}

/** Whether a first line reads like a header: some cell bears a usual name of a user or an item. */
export function looksLikeHeader(cells: readonly string[]): boolean {
  const { user, item } = guessMapping(cells);
  return user !== undefined || item !== undefined;
}
