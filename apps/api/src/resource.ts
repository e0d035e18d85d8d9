import { KindredError } from '@kindred/domain';
import type { Request, RequestHandler, Response, Router } from 'express';

export type Handler = (request: Request, response: Response) => Promise<void> | void;

/** A path with its methods; any other method is answered 405. HEAD is answered as GET without its body. */
export function resource(
  router: Router,
  path: string,
  handlers: { readonly [Method in 'get' | 'post' | 'put']?: Handler },
): void {
  const methods = Object.keys(handlers).map((method) => method.toUpperCase());
  if (handlers.get !== undefined) methods.push('HEAD');
  const allow = [...methods, 'OPTIONS'].join(', ');
  const route = router.route(path).all(named(path));
  for (const [method, handler] of Object.entries(handlers)) route[method as 'get'](handler);
  route.options((_request, response) => void response.set('Allow', allow).status(204).end());
  route.all((request, response) => {
    response.set('Allow', allow);
    throw new KindredError('METHOD_NOT_ALLOWED', `${path} answers ${methods.join(', ')}, not ${request.method}`);
  });
}

/** The pattern of the route that a request matched. */
export function routeOf(response: Response): string | undefined {
  return response.locals.route as string | undefined;
}

function named(path: string): RequestHandler {
  return (_request, response, next) => {
    response.locals.route = path;
    next();
  };
}
