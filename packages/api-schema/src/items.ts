import { z } from 'zod';
import { idField, MAX_EVENTS } from './fields.js';

const itemAttributes = {
  title: z.string().max(1000).optional(),
  text: z.string().max(100_000).optional(),
  category: z.string().max(256).optional(),
  tags: z.array(z.string().max(256)).max(100).optional(),
  price: z.number().nonnegative().optional(),
  available: z.boolean().optional(),
  publishedAt: z.iso.datetime({ offset: true }).optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
};

export const itemBody = z.strictObject(itemAttributes).meta({ id: 'ItemBody' });
export const itemInput = z.strictObject({ itemId: idField, ...itemAttributes }).meta({ id: 'Item' });
export const itemsRequest = z
  .strictObject({ items: z.array(itemInput).min(1).max(MAX_EVENTS) })
  .meta({ id: 'ItemsRequest' });
export const itemsResponse = z.object({ stored: z.number().int() }).meta({ id: 'ItemsResponse' });

export type ItemInput = z.infer<typeof itemInput>;
