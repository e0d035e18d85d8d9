import type { Event } from '@kindred/domain';
import { sql } from 'kysely';
import type { Queryable } from '../open-database.js';
import { toJsonOrNull } from '../repositories/stored-value.js';
import { requireStorable } from './storable-event.js';

export type EventVerdict = 'stored' | 'duplicate';

/**
 * Stores some thousand events in one statement. Outside of a transaction they are durable when this
 * returns. An event whose id is stored already, or stood earlier in the same batch, is a duplicate.
 * @returns one verdict for each event, in the order given
 * @throws KindredError EVENT_INVALID, TIME_INVALID for what Postgres can not hold; then none is stored
 */
export async function storeEventBatch(
  db: Queryable,
  events: readonly Event[],
  source: string,
): Promise<EventVerdict[]> {
  if (events.length === 0) return [];
  for (const event of events) requireStorable(event);
  // Inserted in the order of the ids, so that batches that overlap wait for each other and never in a circle.
  const { rows } = await sql<{ id: string }>`
    INSERT INTO kindred.events (id, user_id, item_id, type, time, value, properties, source)
    SELECT id, user_id, item_id, type, timestamptz 'epoch' + time_ms * interval '1 millisecond', value,
      properties::jsonb, ${source}
    FROM unnest(
      ${events.map(({ id }) => id)}::text[],
      ${events.map(({ userId }) => userId)}::text[],
      ${events.map(({ itemId }) => itemId)}::text[],
      ${events.map(({ type }) => type)}::text[],
      ${events.map(({ timeMs }) => timeMs ?? null)}::double precision[],
      ${events.map(({ value }) => value ?? null)}::double precision[],
      ${events.map(({ properties }) => toJsonOrNull(properties))}::text[]
    ) WITH ORDINALITY AS given (id, user_id, item_id, type, time_ms, value, properties, position)
    ORDER BY id COLLATE "C", position
    ON CONFLICT (id) DO NOTHING
    RETURNING id
  `.execute(db);
  const unclaimed = new Set(rows.map(({ id }) => id));
  // The first event with a stored id claims it; a repeat finds it claimed.
  return events.map(({ id }) => (unclaimed.delete(id) ? 'stored' : 'duplicate'));
}
