import { idFault, MAX_ID_LENGTH } from '@kindred/domain';
import { z } from 'zod';

/** Most events in one request. */
export const MAX_EVENTS = 10_000;
/** Most items in one answer. */
export const MAX_LIMIT = 500;
/** Most items of a history or an exclude list in one request. */
export const MAX_LISTED_ITEMS = 10_000;

/** An id of a user or an item, kept exactly as given. */
export const idField = z
  .string()
  .min(1)
  .max(MAX_ID_LENGTH)
  .refine((id) => idFault(id) === undefined, { error: 'holds a control character or half a surrogate pair' })
  .meta({ example: '17850' });

export const limitField = z.coerce.number().int().min(1).max(MAX_LIMIT).default(10).meta({
  description:
    'How many items to return; always this many while that many are allowed, otherwise `shortfall` says why.',
});

/** Times always leave as UTC ISO 8601. */
export const timeField = z.iso.datetime().meta({ example: '2026-11-22T07:00:00.000Z' });
