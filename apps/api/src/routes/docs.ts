import { openApiDocument } from '@kindred/api-schema';
import { Router } from 'express';
import swaggerUi from 'swagger-ui-express';
import { resource } from '../resource.js';

/** The document made from the schemas that validate, and a page that shows it without any network. */
export function docsRoutes(): Router {
  const router = Router();
  const document = openApiDocument();
  resource(router, '/openapi.json', { get: (_request, response) => void response.json(document) });
  router.use('/docs', swaggerUi.serve);
  const page = swaggerUi.setup(document, { customSiteTitle: 'Kindred API' });
  resource(router, '/docs', { get: (request, response) => void page(request, response, () => undefined) });
  return router;
}
