import { randomUUID } from 'node:crypto';
import {
  type RecommendationsRequest,
  type RecommendationsResponse,
  recommendationsQuery,
  recommendationsRequest,
  userParameters,
} from '@kindred/api-schema';
import { recommend } from '@kindred/serving';
import { Router } from 'express';
import type { ApiContext } from '../api-context.js';
import type { HostedModel } from '../model-host.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';
import { segmentNames } from '../segment-names.js';
import { historyOf, type VisitorHistory } from '../user-history.js';

/** Recommendations, in the full form and the short one. */
export function recommendationsRoutes(context: ApiContext): Router {
  const router = Router();
  resource(router, '/v1/recommendations', {
    post: async (request, response) => {
      response.json(await answer(context, parseRequest(recommendationsRequest, request.body)));
    },
  });
  resource(router, '/v1/users/:userId/recommendations', {
    get: async (request, response) => {
      const { userId } = parseRequest(userParameters, request.params);
      const { limit, excludeItems = [], excludeSeen = true } = parseRequest(recommendationsQuery, request.query);
      response.json(await answer(context, { userId, limit, excludeItems, excludeSeen }));
    },
  });
  return router;
}

async function answer(context: ApiContext, request: RecommendationsRequest): Promise<RecommendationsResponse> {
  const { database, models, unavailableItems, unlearnedItems, titles, metrics } = context;
  // From here to the end this request works on one model, whatever is promoted meanwhile.
  const hosted = models.current();
  const { userId, history: session = [], limit, excludeItems, excludeSeen } = request;
  const [history, withheld, textItems] = await Promise.all([
    historyOf(database.db, { userId, session }, hosted.pairSettings),
    unavailableItems.positionsIn(hosted.model),
    unlearnedItems.beside(hosted.model),
  ]);
  const { items, personal, shortfall, segment } = recommend(hosted.model, {
    userId,
    history: history.entries,
    limit,
    excludeSeen,
    excludeItems: excludeSeen ? [...excludeItems, ...history.olderItems] : excludeItems,
    withheld,
    textItems,
  });
  const source = personal ? sourceOf(hosted, history) : 'popular';
  metrics.countRecommendation(source);
  const nameOf = await segmentNames(titles, segment === undefined ? [] : [segment]);
  return {
    recommendationId: randomUUID(),
    modelId: hosted.model.modelId,
    items: await titles.named(items),
    source,
    ...(segment && { segment: { id: segment.id, name: nameOf(segment) } }),
    ...(shortfall && { shortfall }),
  };
}

/** Stored events take precedence: a session that only adds to them leaves the answer the user's. */
function sourceOf({ model }: HostedModel, { entries, storedItems }: VisitorHistory): 'user' | 'session' {
  const storedSpeaks = entries.some(
    ({ itemId, strength }) => strength > 0 && storedItems.has(itemId) && model.positions.has(itemId),
  );
  return storedSpeaks ? 'user' : 'session';
}
