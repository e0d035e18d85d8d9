import { type Problem, problemOf } from '@kindred/api-schema';
import { KindredError } from '@kindred/domain';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { isLostConnection } from './lost-connection.js';
import { requestIdOf } from './request-log.js';

/** A fault that express or its body reader noticed: it carries a status. */
interface HttpFault {
  readonly status: number;
  readonly type?: string;
  readonly message: string;
}

export const noSuchRoute: RequestHandler = (request) => {
  throw new KindredError('NOT_FOUND', `there is no ${request.method} ${request.path}; /docs lists the routes`);
};

/** Every error leaves as RFC 9457 problem details; what was not expected is logged and says no more than its request id. */
export function problemAnswer(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const requestId = requestIdOf(request);
    const problem = problemFor(error, requestId);
    if (problem.status >= 500) logger.error({ requestId, code: problem.code, err: error }, problem.title);
    // A stream that is under way can not change its mind about the status.
    if (response.headersSent) return void response.destroy();
    sendProblem(response, problem);
  };
}

export function sendProblem(response: Response, problem: Problem): void {
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** What to tell the client about an error. */
function problemFor(error: unknown, requestId: string): Problem {
  if (error instanceof KindredError) return problemOf(error.code, error.message, error.field);
  if (isLostConnection(error)) return problemOf('DATABASE_UNAVAILABLE', 'the connection to the database was lost');
  if (isClientFault(error)) return clientProblem(error);
  return problemOf('INTERNAL', `the log names the cause under request id ${requestId}`);
}

function clientProblem(fault: HttpFault): Problem {
  if (fault.status === 413) return problemOf('PAYLOAD_TOO_LARGE', 'the body is larger than 32 MiB');
  if (fault.status === 415) return problemOf('MEDIA_TYPE_UNSUPPORTED', fault.message);
  return problemOf('REQUEST_INVALID', fault.message);
}

function isClientFault(error: unknown): error is HttpFault {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}
