import { parseNumber } from './event-time.js';
import type { LogItem } from './log-items.js';

const ADDRESS = /^[a-z][a-z+.-]*:\/\//i;
const CATEGORY_COLUMNS = ['genres', 'genre', 'categories'];

/**
 * What is written of each item, by its id: title, category and every further column of text, joined. A column is no
 * text when all its cells are numbers, addresses, or keys: without a space, and no two alike.
 */
export function itemTexts(items: readonly LogItem[]): Map<string, string> {
  const columns = textColumns(items);
  const texts = new Map<string, string>();
  for (const { itemId, title, category, attributes } of items) {
    const cells = [title, category, ...columns.map((column) => attributes?.[column])];
    const text = cells.filter((cell) => cell !== undefined && cell !== '').join('\n');
    if (text !== '') texts.set(itemId, text);
  }
  return texts;
}

/** What of an item says its category. */
interface CategorisedItem {
  readonly itemId: string;
  readonly category?: string | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** The category of each item, by its id: the column category, else the first of its genres. */
export function itemCategories(items: readonly CategorisedItem[]): Map<string, string> {
  const categories = new Map<string, string>();
  for (const { itemId, category, attributes } of items) {
    const found = category ?? firstOf(CATEGORY_COLUMNS.map((column) => attributes?.[column]).find(Boolean));
    if (found) categories.set(itemId, found);
  }
  return categories;
}

function firstOf(list: unknown): string | undefined {
  return typeof list === 'string' ? list.split(/[|,;]/)[0]?.trim() : undefined;
}

function textColumns(items: readonly LogItem[]): string[] {
  const cellsOf = new Map<string, string[]>();
  for (const { attributes = {} } of items) {
    for (const [column, cell] of Object.entries(attributes)) {
      const cells = cellsOf.get(column);
      if (cells === undefined) cellsOf.set(column, [cell]);
      else cells.push(cell);
    }
  }
  return [...cellsOf].filter(([, cells]) => isText(cells)).map(([column]) => column);
}

function isText(cells: readonly string[]): boolean {
  if (cells.every((cell) => parseNumber(cell) !== undefined)) return false;
  if (cells.every((cell) => ADDRESS.test(cell))) return false;
  const isKey = cells.every((cell) => !/\s/.test(cell)) && new Set(cells).size === cells.length;
  return !isKey;
}
