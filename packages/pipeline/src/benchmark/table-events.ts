import { type BenchmarkTable, readBenchmarkTable } from '@kindred/datasets';
import type { Event, ItemId, UserId } from '@kindred/domain';

const BATCH = 10_000;

/** Words of published data sets for the event types that have a strength of their own. */
const TYPE_OF_BEHAVIOUR: Readonly<Record<string, string>> = {
  buy: 'purchase',
  transaction: 'purchase',
  addtocart: 'cart',
  pv: 'view',
  fav: 'like',
};

/** What a row counts as that names no behaviour: a positive of strength 1, whatever its rating, weight or quantity. */
const PLAIN_TYPE = 'interaction';

/** Rows of a table as events, in batches. */
function* tableEvents(table: BenchmarkTable): Generator<Event[]> {
  const types = table.behaviours?.names.map((name) => TYPE_OF_BEHAVIOUR[name.toLowerCase()] ?? name.toLowerCase());
  for (let start = 0; start < table.rowCount; start += BATCH) {
    const length = Math.min(BATCH, table.rowCount - start);
    yield Array.from({ length }, (_, offset) => eventOf(table, types, start + offset));
  }
}

/** Reads a table of a benchmark as events. */
export async function readTableEvents(path: string): Promise<Iterable<Event[]>> {
  return tableEvents(await readBenchmarkTable(path));
}

function eventOf(table: BenchmarkTable, types: readonly string[] | undefined, row: number): Event {
  const value = table.values?.[row];
  return {
    id: String(row),
    userId: table.users.names[table.userCodes[row] as number] as UserId,
    itemId: table.items.names[table.itemCodes[row] as number] as ItemId,
    type: types?.[table.behaviourCodes?.[row] as number] ?? PLAIN_TYPE,
    timeMs: table.timesMs?.[row],
    value: Number.isNaN(value) ? undefined : value,
    properties: undefined,
  };
}
