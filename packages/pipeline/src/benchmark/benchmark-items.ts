import { itemCategories, itemTexts, readItems } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';

/** What a catalogue says of the items of a benchmark, by their ids. */
export interface BenchmarkItems {
  readonly texts: ReadonlyMap<string, string>;
  readonly categories: ReadonlyMap<string, string>;
}

/**
 * @param known ids of the items of the log
 * @throws KindredError with file and line where the catalogue can't be read; MAPPING_INVALID where it has none of the items
 */
export async function readBenchmarkItems(path: string, known: readonly string[]): Promise<BenchmarkItems> {
  const items = await readItems(path);
  const ids = new Set<string>(known);
  if (!items.some(({ itemId }) => ids.has(itemId))) {
    const example = items[0] === undefined ? '' : `: it has "${items[0].itemId}", the log "${known[0]}"`;
    throw new KindredError('MAPPING_INVALID', `${path} has none of the ${known.length} items of the log${example}`, {
      field: 'item_id',
    });
  }
  return { texts: itemTexts(items), categories: itemCategories(items) };
}
