import { problemOf } from '@kindred/api-schema';
import type { ErrorCode } from '@kindred/domain';
import { Router } from 'express';
import type { ApiContext } from '../api-context.js';
import { sendProblem } from '../problem-answer.js';
import { resource } from '../resource.js';

const DATABASE_LIMIT_MS = 2000;

/** Probes and metrics: is the process alive, may it be sent requests, what does it do. */
export function healthRoutes(context: ApiContext): Router {
  const router = Router();
  resource(router, '/health/live', { get: (_request, response) => void response.json({ status: 'live' }) });
  resource(router, '/health/ready', {
    get: async (_request, response) => {
      const { models } = context;
      const database = await databaseFault(context);
      const checks = {
        database: database === undefined ? 'ok' : database,
        model: { serving: models.servingModelId ?? null, ...(models.fault && { fault: models.fault }) },
      };
      const unready = unreadiness(context, database);
      if (unready === undefined) response.json({ status: 'ready', checks });
      else sendProblem(response, { ...problemOf(...unready), checks } as ReturnType<typeof problemOf>);
    },
  });
  resource(router, '/metrics', {
    get: async (_request, response) => {
      const { registry } = context.metrics;
      response.type(registry.contentType).send(await registry.metrics());
    },
  });
  return router;
}

function unreadiness({ models, closing }: ApiContext, database: string | undefined): [ErrorCode, string] | undefined {
  if (closing.aborted) return ['INTERRUPTED', 'the API is closing'];
  if (database !== undefined) return ['DATABASE_UNAVAILABLE', database];
  if (models.servingModelId !== undefined) return undefined;
  return ['NO_MODEL', models.fault === undefined ? 'no model was promoted yet' : models.fault.message];
}

/** A database that does not answer soon is as good as away. */
async function databaseFault({ database }: ApiContext): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, DATABASE_LIMIT_MS, `no answer within ${DATABASE_LIMIT_MS / 1000} s`);
  });
  const asked = database.pool.query('SELECT 1').then(
    () => undefined,
    (error: Error) => error.message || 'the server refused the connection',
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
