import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

/** Ids that come from outside are kept when they can stand in a log line. */
const ACCEPTED_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Asked every few seconds by machines: not worth a line. */
const UNLOGGED = /^\/(health\/|metrics$)/;

/** One line a request: id, method, path, status, duration. Never a body, a query or a header. */
export function requestLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (request, response) => {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && ACCEPTED_ID.test(given) ? given : randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    autoLogging: { ignore: (request) => UNLOGGED.test(request.url ?? '') },
    customLogLevel: (_request, response, error) => levelOf(response, error),
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, path: pathOf(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
  });
}

export function requestIdOf(request: IncomingMessage): string {
  return String(request.id);
}

function levelOf(response: ServerResponse, error: Error | undefined): 'error' | 'info' {
  return error !== undefined || response.statusCode >= 500 ? 'error' : 'info';
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] as string;
}
