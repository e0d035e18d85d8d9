import { z } from 'zod';
import { idField, limitField, MAX_LISTED_ITEMS } from './fields.js';
import { segmentBrief } from './segments.js';

const itemList = z.array(idField).max(MAX_LISTED_ITEMS);

/** The full form: a known user, or a history, or both, or neither. */
export const recommendationsRequest = z
  .strictObject({
    userId: idField.optional().meta({ description: 'A user; unknown users get an answer too.' }),
    history: itemList.optional().meta({
      description: 'Items of an anonymous session, oldest first; joined with the stored events when `userId` is given.',
    }),
    limit: limitField,
    excludeItems: itemList.default([]).meta({ description: 'Items that must not be returned.' }),
    excludeSeen: z.boolean().default(true).meta({ description: 'Leave out what the history holds.' }),
  })
  .meta({ id: 'RecommendationsRequest' });
export type RecommendationsRequest = z.infer<typeof recommendationsRequest>;

const commaList = z
  .string()
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .pipe(itemList);
const queryBoolean = z.enum(['true', 'false']).transform((text) => text === 'true');

/** The short form's query. */
export const recommendationsQuery = z.strictObject({
  limit: limitField,
  excludeItems: commaList.optional().meta({ description: 'Item ids, separated by commas.' }),
  excludeSeen: queryBoolean.optional(),
});

export const similarQuery = z.strictObject({ limit: limitField });
export const userParameters = z.object({ userId: idField });
export const itemParameters = z.object({ itemId: idField });

const scoredItem = z
  .object({ itemId: z.string(), score: z.number(), rank: z.number().int(), title: z.string().optional() })
  .meta({ id: 'RecommendedItem' });

const shortfall = z
  .object({ asked: z.number().int(), returned: z.number().int(), because: z.string() })
  .meta({ id: 'Shortfall', description: 'Present when fewer items than asked for could be returned.' });

export const recommendationsResponse = z
  .object({
    recommendationId: z.string(),
    modelId: z.string().nullable(),
    items: z.array(scoredItem),
    source: z.enum(['user', 'session', 'popular']).meta({
      description: 'What the answer was made from: stored events, the history of the request, or popularity alone.',
    }),
    segment: segmentBrief.optional(),
    shortfall: shortfall.optional(),
  })
  .meta({ id: 'RecommendationsResponse' });
export type RecommendationsResponse = z.infer<typeof recommendationsResponse>;

export const similarItemsResponse = z
  .object({ itemId: z.string(), modelId: z.string(), items: z.array(scoredItem), shortfall: shortfall.optional() })
  .meta({ id: 'SimilarItemsResponse' });

export const similarUsersResponse = z
  .object({
    userId: z.string(),
    modelId: z.string(),
    users: z.array(z.object({ userId: z.string(), score: z.number(), rank: z.number().int() })),
    shortfall: shortfall.optional(),
  })
  .meta({ id: 'SimilarUsersResponse' });
