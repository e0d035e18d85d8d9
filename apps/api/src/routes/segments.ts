import { type Segment, type segmentsResponse, userParameters, type userSegmentResponse } from '@kindred/api-schema';
import { KindredError } from '@kindred/domain';
import { type SegmentProfile, type ServingModel, segmentName, segmentOfHistory } from '@kindred/serving';
import { Router } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../api-context.js';
import type { ItemTitles } from '../item-titles.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';
import { historyOf } from '../user-history.js';

/** The segments of users that the model has found, and who is in which. */
export function segmentsRoutes({ database, models, titles }: ApiContext): Router {
  const router = Router();
  resource(router, '/v1/segments', {
    get: async (_request, response) => {
      const { model } = models.current();
      const { found, profiles } = getSegments(model);
      const largestFirst = profiles.toSorted((a, b) => b.size - a.size || a.id - b.id);
      const users = largestFirst.reduce((sum, { size }) => sum + size, 0);
      const segments = await segmentAnswers(titles, largestFirst);
      const { foundBy, stability } = found;
      const answer: z.output<typeof segmentsResponse> = {
        modelId: model.modelId,
        users,
        foundBy,
        ...(stability === undefined ? {} : { stability }),
        segments,
      };
      response.json(answer);
    },
  });
  resource(router, '/v1/users/:userId/segment', {
    get: async (request, response) => {
      const { userId } = parseRequest(userParameters, request.params);
      const { model, pairSettings } = models.current();
      getSegments(model); // whoever asks: a model without any can't answer
      const { entries } = await historyOf(database.db, { userId, session: [] }, pairSettings);
      const found = segmentOfHistory(model, entries, userId);
      const [segment] = await segmentAnswers(titles, found === undefined ? [] : [found]);
      const answer: z.output<typeof userSegmentResponse> = {
        userId,
        modelId: model.modelId,
        segment: segment ?? null,
        ...(segment === undefined && { because: 'nothing that the model knows is in the history of this user' }),
      };
      response.json(answer);
    },
  });
  return router;
}

/** @throws KindredError MODEL_WITHOUT_SEGMENTS */
function getSegments({ modelId, artefact, segments: profiles }: ServingModel) {
  const { segments: found } = artefact;
  if (found !== undefined && profiles !== undefined) return { found, profiles };
  throw new KindredError(
    'MODEL_WITHOUT_SEGMENTS',
    found === undefined
      ? `model ${modelId} was trained without segments, or before every method had some`
      : `the segments of model ${modelId} are not described yet: index it again`,
  );
}

async function segmentAnswers(titles: ItemTitles, profiles: readonly SegmentProfile[]): Promise<Segment[]> {
  const known = await titles.titlesOf([...new Set(profiles.flatMap(({ items }) => items.map(({ itemId }) => itemId)))]);
  return profiles.map((profile) => ({
    id: profile.id,
    name: segmentName(profile, (itemId) => known.get(itemId)),
    size: profile.size,
    share: profile.share,
    ...(profile.category && { category: profile.category }),
    items: profile.items.map(({ itemId, users, lift }, k) => {
      const title = known.get(itemId);
      return { itemId, rank: k + 1, users, lift, ...(title === undefined ? {} : { title }) };
    }),
  }));
}
