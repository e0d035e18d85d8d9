import { z } from 'zod';
import { MAX_EVENTS } from './fields.js';

/**
 * An event as it is documented. It is validated one by one by `validateEvent` of datasets, the rule that files
 * obey too, so that one bad event gets a verdict and does not spoil the request; this schema documents it.
 */
export const eventInput = z
  .object({
    userId: z.string().meta({ description: '1 to 256 characters.', example: '17850' }),
    itemId: z.string().meta({ description: '1 to 256 characters.', example: '85123A' }),
    type: z.string().meta({
      description: 'view, click, cart, purchase, rating, like, dislike, return, impression, or a type of your own.',
      example: 'purchase',
    }),
    time: z
      .union([z.string(), z.number()])
      .optional()
      .meta({ description: 'ISO 8601, Unix seconds or Unix milliseconds; the time of arrival when left out.' }),
    value: z.number().optional().meta({ description: 'Stars, quantity or seconds.' }),
    id: z
      .string()
      .optional()
      .meta({
        description:
          'Idempotency key: the same id is stored once. Left out, the id is a hash of the content, time included: ' +
          'equal events are then one event. A request that may be repeated needs an id or a time in each event, ' +
          'because the time of arrival differs.',
      }),
    properties: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Event' });

/** The envelope: its events are judged one by one. */
export const eventsRequest = z
  .strictObject({ events: z.array(z.unknown()).min(1).max(MAX_EVENTS) })
  .meta({ id: 'EventsRequest' });

/** The same envelope with the events spelled out, for the document. */
export const eventsRequestDocumented = z
  .object({ events: z.array(eventInput).min(1).max(MAX_EVENTS) })
  .meta({ id: 'EventsRequest' });

export const eventsResponse = z
  .object({
    accepted: z.number().int().meta({ description: 'Events stored by this request.' }),
    duplicates: z.number().int().meta({ description: 'Events that were stored already.' }),
    rejected: z.array(
      z.object({ index: z.number().int(), code: z.string(), message: z.string() }).meta({ id: 'RejectedEvent' }),
    ),
  })
  .meta({ id: 'EventsResponse', description: 'Durable when it is answered: accepted + duplicates + rejected = sent.' });
