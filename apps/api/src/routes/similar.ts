import {
  itemParameters,
  type similarItemsResponse,
  similarQuery,
  type similarUsersResponse,
  userParameters,
} from '@kindred/api-schema';
import { KindredError } from '@kindred/domain';
import { similarItems, similarUsers } from '@kindred/serving';
import { Router } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../api-context.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';
import { historyOf } from '../user-history.js';

/** Nearest neighbours among items and among users. */
export function similarRoutes({ database, models, unavailableItems, titles }: ApiContext): Router {
  const router = Router();
  resource(router, '/v1/items/:itemId/similar', {
    get: async (request, response) => {
      const { itemId } = parseRequest(itemParameters, request.params);
      const { limit } = parseRequest(similarQuery, request.query);
      const { model } = models.current();
      const found = similarItems(model, itemId, limit, await unavailableItems.positionsIn(model));
      if (found === undefined) {
        throw new KindredError('NOT_FOUND', `model ${model.modelId} does not know item ${itemId}`, { field: 'itemId' });
      }
      const items = await titles.named(found.items);
      const { shortfall } = found;
      const answer: z.output<typeof similarItemsResponse> = { itemId, modelId: model.modelId, items, shortfall };
      response.json(answer);
    },
  });
  resource(router, '/v1/users/:userId/similar', {
    get: async (request, response) => {
      const { userId } = parseRequest(userParameters, request.params);
      const { limit } = parseRequest(similarQuery, request.query);
      const { model, pairSettings } = models.current();
      const { entries } = await historyOf(database.db, { userId, session: [] }, pairSettings);
      const { users, shortfall } = similarUsers(model, userId, entries, limit);
      const ranked = users.map((user, k) => ({ ...user, rank: k + 1 }));
      const answer: z.output<typeof similarUsersResponse> = {
        userId,
        modelId: model.modelId,
        users: ranked,
        shortfall,
      };
      response.json(answer);
    },
  });
  return router;
}
