import { listQuery, type modelResponse, type promotionResponse, runParameters } from '@kindred/api-schema';
import {
  findCurrentPromotion,
  getModel,
  listModels,
  type Promotion,
  promoteModel,
  rollBack,
  type StoredModel,
} from '@kindred/storage';
import { Router } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../api-context.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';

/** The lifecycle of models: what there is, what serves, and back again. */
export function modelsRoutes({ database, models }: ApiContext): Router {
  const { db } = database;
  const router = Router();
  resource(router, '/v1/models', {
    get: async (request, response) => {
      const { limit, before } = parseRequest(listQuery, request.query);
      const [page, current] = await Promise.all([
        listModels(db, { limit, beforeId: before }),
        findCurrentPromotion(db),
      ]);
      response.json({ models: page.map((model) => modelAnswer(model, current)) });
    },
  });
  resource(router, '/v1/models/rollback', {
    post: async (_request, response) => {
      const promotion = await rollBack(db, 'POST /v1/models/rollback');
      await models.refresh();
      response.json(promotionAnswer(promotion));
    },
  });
  resource(router, '/v1/models/:id/promote', {
    post: async (request, response) => {
      const { id } = parseRequest(runParameters, request.params);
      const model = await getModel(db, id);
      // One that can not be loaded is refused here, before anything else hears of it.
      if (model.status === 'indexed') await models.prepare(model);
      const promotion = await promoteModel(db, id, `POST /v1/models/${id}/promote`);
      await models.refresh();
      response.json(promotionAnswer(promotion));
    },
  });
  return router;
}

function modelAnswer(model: StoredModel, current: Promotion | undefined): z.output<typeof modelResponse> {
  return {
    id: model.id,
    method: model.method,
    status: model.status,
    snapshotId: model.snapshotId,
    serving: model.id === current?.modelId,
    metrics: (model.metrics as z.output<typeof modelResponse>['metrics'] | undefined) ?? null,
    createdAt: new Date(model.createdAtMs).toISOString(),
  };
}

function promotionAnswer({ modelId, previousModelId }: Promotion): z.output<typeof promotionResponse> {
  return { modelId, previousModelId: previousModelId ?? null };
}
