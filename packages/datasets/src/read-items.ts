import { idFault, KindredError } from '@kindred/domain';
import { parseNumber } from './event-time.js';
import type { LogItem } from './log-items.js';
import { openTable } from './table-rows.js';

/**
 * Reads a catalogue: TSV or CSV (.gz too) with the column item_id and optionally title, price (or median_unit_price)
 * and category; further columns become attributes. Empty cells are left out.
 * @throws KindredError with file and line: ITEM_MISSING, ITEM_INVALID (an item stands twice, too), VALUE_INVALID; MAPPING_INVALID, …
 */
export async function readItems(path: string): Promise<LogItem[]> {
  const table = await openTable(path);
  const id = table.find('item_id');
  if (id < 0)
    throw new KindredError('MAPPING_INVALID', `${path} has no column item_id; it has: ${table.columns.join(', ')}`, {
      field: 'item_id',
    });
  const known = {
    title: table.find('title'),
    price: table.find('price', 'median_unit_price'),
    category: table.find('category'),
  };
  const others = [...table.columns.keys()].filter(
    (position) => position !== id && !Object.values(known).includes(position),
  );
  const items: LogItem[] = [];
  const seen = new Set<string>();
  for await (const rows of table.rows()) {
    for (const { cells, lineNumber } of rows) {
      const at = `${path}:${lineNumber}: column`;
      const itemId = cells[id] as string;
      if (itemId === '') throw new KindredError('ITEM_MISSING', `${at} item_id is empty`, { field: 'item_id' });
      const because = seen.has(itemId) ? `"${itemId}" stands twice` : idFault(itemId);
      if (because !== undefined)
        throw new KindredError('ITEM_INVALID', `${at} item_id ${because}`, { field: 'item_id' });
      seen.add(itemId);
      const attributes = Object.fromEntries(
        others
          .filter((position) => cells[position] !== '')
          .map((position) => [table.columns[position], cells[position]]),
      ) as Record<string, string>;
      const price = parsePrice(cells[known.price] ?? '', at);
      items.push({
        itemId,
        ...(cells[known.title] ? { title: cells[known.title] as string } : {}),
        ...(price === undefined ? {} : { price }),
        ...(cells[known.category] ? { category: cells[known.category] as string } : {}),
        ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
      });
    }
  }
  return items;
}

function parsePrice(cell: string, at: string): number | undefined {
  if (cell === '') return undefined;
  const price = parseNumber(cell);
  if (price === undefined)
    throw new KindredError('VALUE_INVALID', `${at} price "${cell.slice(0, 40)}" is not a number`, { field: 'price' });
  return price;
}
