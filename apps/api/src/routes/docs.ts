import { openApiDocument } from '@kindred/api-schema';
import { Router } from 'express';
import swaggerUi from 'swagger-ui-express';
import { resource } from '../resource.js';

/** The document made from the schemas that validate, and a page that shows it without any network. */
export function docsRoutes(): Router {
  const router = Router();
  const document = openApiDocument();
  resource(router, '/openapi.json', { get: (_request, response) => void response.json(document) });
  router.use('/docs', swaggerUi.serve, swaggerUi.setup(document, { customSiteTitle: 'Kindred API' }));
  return router;
}
