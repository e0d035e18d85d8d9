import { itemCategories, itemTexts, readItems } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';

/** What a catalogue says of the items of a benchmark, by their ids. */
export interface BenchmarkItems {
  readonly path: string;
  readonly ids: ReadonlySet<string>;
  readonly titles: ReadonlyMap<string, string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly categories: ReadonlyMap<string, string>;
}

/** @throws KindredError with file and line where the catalogue can't be read */
export async function readBenchmarkItems(path: string): Promise<BenchmarkItems> {
  const items = await readItems(path);
  return {
    path,
    ids: new Set(items.map(({ itemId }) => itemId)),
    titles: new Map(items.flatMap(({ itemId, title }) => (title === undefined ? [] : [[itemId, title] as const]))),
    texts: itemTexts(items),
    categories: itemCategories(items),
  };
}

/** @param known ids of the items of the log @throws KindredError MAPPING_INVALID where the catalogue has none of them */
export function checkCatalogue({ path, ids }: BenchmarkItems, known: readonly string[]): void {
  if (known.some((id) => ids.has(id))) return;
  const [first] = ids;
  const example = first === undefined ? '' : `: it has "${first}", the log "${known[0]}"`;
  throw new KindredError('MAPPING_INVALID', `${path} has none of the ${known.length} items of the log${example}`, {
    field: 'item_id',
  });
}
