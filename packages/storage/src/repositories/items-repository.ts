import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { fromJson, storableText, toJsonOrNull, toMs } from './stored-value.js';

/** An item of the catalogue, as far as it is known. */
export interface CatalogueItem {
  readonly itemId: string;
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  readonly category?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly price?: number | undefined;
  readonly available?: boolean | undefined;
  readonly publishedAtMs?: number | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** An item as it is stored. */
export interface StoredItem extends CatalogueItem {
  readonly tags: readonly string[];
  readonly available: boolean;
  readonly updatedAtMs: number;
}

const CHUNK_ITEMS = 5_000;
/** The columns that say what an item is. */
const WRITTEN = ['title', 'text', 'category', 'tags'] as const;

/** Puts items into the catalogue as given: what an item leaves out is unknown from now on. Of repeats the last counts. */
export async function putItems(db: Queryable, items: Iterable<CatalogueItem>): Promise<number> {
  return writeItems(
    db,
    items,
    sql`
      title = excluded.title, text = excluded.text, category = excluded.category, tags = excluded.tags,
      price = excluded.price, available = excluded.available, published_at = excluded.published_at,
      attributes = excluded.attributes, updated_at = now()
    `,
  );
}

/** Adds what a log told about items on the way: it fills gaps, and never changes what the catalogue says already. */
export async function addFoundItems(db: Queryable, items: Iterable<CatalogueItem>): Promise<number> {
  return writeItems(
    db,
    items,
    sql`
      title = coalesce(items.title, excluded.title), text = coalesce(items.text, excluded.text),
      category = coalesce(items.category, excluded.category), price = coalesce(items.price, excluded.price),
      tags = CASE WHEN items.tags = '{}' THEN excluded.tags ELSE items.tags END,
      published_at = coalesce(items.published_at, excluded.published_at),
      attributes = coalesce(items.attributes, excluded.attributes), updated_at = now()
    `,
  );
}

export async function findItem(db: Queryable, itemId: string): Promise<StoredItem | undefined> {
  const row = await db.selectFrom('items').selectAll().where('item_id', '=', itemId).executeTakeFirst();
  return row === undefined ? undefined : toItem(row);
}

/** The stored ones of the items asked for, by id. */
export async function itemsByIds(db: Queryable, itemIds: readonly string[]): Promise<Map<string, StoredItem>> {
  const rows = await db.selectFrom('items').selectAll().where(isOneOf(itemIds)).execute();
  return new Map(rows.map((row) => [row.item_id, toItem(row)]));
}

/** The titles of those of the items that have one, by id. */
export async function titlesOfItems(db: Queryable, itemIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.selectFrom('items').select(['item_id', 'title']).where(isOneOf(itemIds)).execute();
  return new Map(rows.flatMap(({ item_id, title }) => (title === null ? [] : [[item_id, title]])));
}

/** What is written of each item of the catalogue, by its id: title, text, category and tags; items without any are left out. */
export async function textsOfCatalogue(db: Queryable): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('items')
    .select(['item_id', ...WRITTEN])
    .execute();
  const texts = rows.map((row): [string, string] => [row.item_id, writtenOf(row)]);
  return new Map(texts.filter(([, text]) => text !== ''));
}

/** What is written of an item, and whether it can be had. */
export interface CatalogueText {
  readonly itemId: string;
  /** Empty where nothing is written. */
  readonly text: string;
  readonly available: boolean;
  readonly updatedAtMs: number;
}

/** The items that changed after a time, the newest first, at most so many. */
export async function catalogueTextsSince(db: Queryable, sinceMs: number, limit: number): Promise<CatalogueText[]> {
  const rows = await db
    .selectFrom('items')
    .select(['item_id', 'available', 'updated_at', ...WRITTEN])
    .where('updated_at', '>', new Date(sinceMs))
    .orderBy('updated_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    itemId: row.item_id,
    text: writtenOf(row),
    available: row.available,
    updatedAtMs: toMs(row.updated_at),
  }));
}

/** The ids of all items that are not available at present. */
export async function unavailableItemIds(db: Queryable): Promise<string[]> {
  const rows = await db.selectFrom('items').select('item_id').where('available', '=', false).execute();
  return rows.map((row) => row.item_id);
}

/** A page of the catalogue in the order of the ids, from after the id given on. */
export async function listItems(
  db: Queryable,
  page: { readonly afterItemId?: string | undefined; readonly limit: number },
): Promise<StoredItem[]> {
  let query = db.selectFrom('items').selectAll().orderBy('item_id').limit(page.limit);
  if (page.afterItemId !== undefined) query = query.where('item_id', '>', page.afterItemId);
  return (await query.execute()).map(toItem);
}

export async function countItems(db: Queryable): Promise<number> {
  const { count } = await db.selectFrom('items').select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow();
  return count;
}

/** Empty where nothing is written. */
function writtenOf({
  title,
  text,
  category,
  tags,
}: Pick<Selectable<Tables['items']>, (typeof WRITTEN)[number]>): string {
  return [title, text, category, ...tags].filter(Boolean).join('\n');
}

/** One parameter, however many ids. */
function isOneOf(itemIds: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`item_id = ANY (${[...itemIds]}::text[])`;
}

async function writeItems(
  db: Queryable,
  items: Iterable<CatalogueItem>,
  onConflict: RawBuilder<unknown>,
): Promise<number> {
  // An upsert may touch a row only once: of repeats the last is kept. Sorted, so that writers never wait in a circle.
  const byId = new Map<string, CatalogueItem>();
  for (const item of items) byId.set(item.itemId, item);
  const unique = [...byId.values()].sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
  for (let start = 0; start < unique.length; start += CHUNK_ITEMS) {
    await writeChunk(db, unique.slice(start, start + CHUNK_ITEMS), onConflict);
  }
  return unique.length;
}

/** Lists of tags are of different lengths, which an array of arrays can not be: they travel as JSON. */
async function writeChunk(
  db: Queryable,
  items: readonly CatalogueItem[],
  onConflict: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    INSERT INTO kindred.items AS items
      (item_id, title, text, category, tags, price, available, published_at, attributes)
    SELECT item_id, title, text, category, ARRAY(SELECT jsonb_array_elements_text(tags::jsonb)), price, available,
      timestamptz 'epoch' + published_ms * interval '1 millisecond', attributes::jsonb
    FROM unnest(
      ${items.map(({ itemId }) => itemId)}::text[],
      ${items.map(({ title }) => textOrNull(title))}::text[],
      ${items.map(({ text }) => textOrNull(text))}::text[],
      ${items.map(({ category }) => textOrNull(category))}::text[],
      ${items.map(({ tags }) => toJsonOrNull(tags ?? []))}::text[],
      ${items.map(({ price }) => price ?? null)}::double precision[],
      ${items.map(({ available }) => available ?? true)}::boolean[],
      ${items.map(({ publishedAtMs }) => publishedAtMs ?? null)}::double precision[],
      ${items.map(({ attributes }) => toJsonOrNull(attributes))}::text[]
    ) AS given (item_id, title, text, category, tags, price, available, published_ms, attributes)
    ON CONFLICT (item_id) DO UPDATE SET ${onConflict}
  `.execute(db);
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text);
}

function toItem(row: Selectable<Tables['items']>): StoredItem {
  return {
    itemId: row.item_id,
    title: row.title ?? undefined,
    text: row.text ?? undefined,
    category: row.category ?? undefined,
    tags: row.tags,
    price: row.price ?? undefined,
    available: row.available,
    publishedAtMs: toMs(row.published_at),
    attributes: fromJson(row.attributes),
    updatedAtMs: toMs(row.updated_at),
  };
}
