import { itemCategories, itemTexts, readItems } from '@kindred/datasets';

/** What a catalogue says of the items of a benchmark, by their ids. */
export interface BenchmarkItems {
  readonly texts: ReadonlyMap<string, string>;
  readonly categories: ReadonlyMap<string, string>;
}

/** @throws KindredError with file and line where the catalogue can't be read */
export async function readBenchmarkItems(path: string): Promise<BenchmarkItems> {
  const items = await readItems(path);
  return { texts: itemTexts(items), categories: itemCategories(items) };
}
