import { type ItemInput, itemBody, itemParameters, itemsRequest } from '@kindred/api-schema';
import { type CatalogueItem, putItems } from '@kindred/storage';
import { Router } from 'express';
import type { ApiContext } from '../api-context.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';

/** The catalogue: titles, and what is available. */
export function itemsRoutes({ database, unavailableItems, unlearnedItems, titles }: ApiContext): Router {
  const router = Router();
  const store = async (items: readonly ItemInput[]): Promise<{ stored: number }> => {
    const stored = await putItems(database.db, items.map(catalogueItem));
    unavailableItems.forget();
    unlearnedItems.forget();
    titles.forget();
    return { stored };
  };
  resource(router, '/v1/items', {
    post: async (request, response) => {
      response.json(await store(parseRequest(itemsRequest, request.body).items));
    },
  });
  resource(router, '/v1/items/:itemId', {
    put: async (request, response) => {
      const { itemId } = parseRequest(itemParameters, request.params);
      response.json(await store([{ itemId, ...parseRequest(itemBody, request.body) }]));
    },
  });
  return router;
}

function catalogueItem({ publishedAt, ...item }: ItemInput): CatalogueItem {
  return { ...item, publishedAtMs: publishedAt === undefined ? undefined : Date.parse(publishedAt) };
}
