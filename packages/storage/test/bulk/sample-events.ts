import type { Event, ItemId, UserId } from '@kindred/domain';

/** An event with every field that a test does not care about filled in. */
export function sampleEvent(id: string, fields: Partial<Omit<Event, 'id'>> = {}): Event {
  return {
    id,
    userId: 'u1' as UserId,
    itemId: 'i1' as ItemId,
    type: 'view',
    timeMs: 1_700_000_000_000,
    value: undefined,
    properties: undefined,
    ...fields,
  };
}

/** Batches as a file reader gives them. */
export async function* inBatches(...batches: Event[][]): AsyncGenerator<Event[]> {
  yield* batches;
}

/** Everything that an iterator of batches gives. */
export async function gather(batches: AsyncIterable<readonly Event[]>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
}
