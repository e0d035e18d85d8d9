import express, { type Express } from 'express';
import type { ApiContext } from './api-context.js';
import { jsonBody } from './json-body.js';
import { noSuchRoute, problemAnswer } from './problem-answer.js';
import { requestLog } from './request-log.js';
import { docsRoutes } from './routes/docs.js';
import { eventsRoutes } from './routes/events.js';
import { healthRoutes } from './routes/health.js';
import { itemsRoutes } from './routes/items.js';
import { modelsRoutes } from './routes/models.js';
import { recommendationsRoutes } from './routes/recommendations.js';
import { runsRoutes } from './routes/runs.js';
import { segmentsRoutes } from './routes/segments.js';
import { similarRoutes } from './routes/similar.js';

/** The API, from the first byte of a request to the last of its answer. */
export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(requestLog(context.logger), context.metrics.timing);
  app.use(healthRoutes(context), docsRoutes());
  app.use(...jsonBody);
  app.use(eventsRoutes(context), itemsRoutes(context));
  app.use(recommendationsRoutes(context), similarRoutes(context), segmentsRoutes(context));
  app.use(runsRoutes(context), modelsRoutes(context));
  app.use(noSuchRoute, problemAnswer(context.logger));
  return app;
}
