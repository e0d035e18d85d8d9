import { KindredError } from '@kindred/domain';
import express, { type RequestHandler } from 'express';

/** The largest body, decompressed. */
const LIMIT_BYTES = 32 * 1024 * 1024;
/** Nothing that is documented nests deeper than a few levels; what recurses over a body must not run out of stack. */
const MAX_DEPTH = 64;

/** Reads bodies as bytes, and only those that say they are JSON. */
const readBytes = express.raw({ type: 'application/json', limit: LIMIT_BYTES });

/** @throws KindredError MEDIA_TYPE_UNSUPPORTED for a body of any other type: guessing would be a door for forms of other sites */
const requireJson: RequestHandler = (request, _response, next) => {
  // Without a body it is null; a body of no bytes needs no type either.
  if (request.is('application/json') === false && request.headers['content-length'] !== '0') {
    const given = request.headers['content-type'] ?? 'none';
    throw new KindredError('MEDIA_TYPE_UNSUPPORTED', `the content type is ${given}`, { field: 'Content-Type' });
  }
  next();
};

/** Said before the body is read: who announces too much need not send it. */
const refuseTooLarge: RequestHandler = (request, _response, next) => {
  if (Number(request.headers['content-length']) > LIMIT_BYTES) {
    throw new KindredError('PAYLOAD_TOO_LARGE', 'the body is larger than 32 MiB');
  }
  next();
};

const parseBytes: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  request.body = Buffer.isBuffer(bytes) && bytes.length > 0 ? parseJson(bytes) : undefined;
  next();
};

/** From a request's bytes to `request.body`; undefined when there is no body. */
export const jsonBody: readonly RequestHandler[] = [requireJson, refuseTooLarge, readBytes, parseBytes];

/** @throws KindredError REQUEST_INVALID when the bytes are not UTF-8, not JSON, or nested too deep */
function parseJson(bytes: Uint8Array): unknown {
  const value = decoded(bytes);
  if (deeperThan(value, MAX_DEPTH)) {
    throw new KindredError('REQUEST_INVALID', `the body is nested deeper than ${MAX_DEPTH} levels`);
  }
  return value;
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const what = cause instanceof SyntaxError ? 'is not JSON' : 'is not UTF-8 text';
    throw new KindredError('REQUEST_INVALID', `the body ${what}`);
  }
}

/** Level by level, so that no depth of a stranger's body costs stack. */
function deeperThan(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    const next: unknown[] = [];
    for (const parent of level) {
      if (typeof parent !== 'object' || parent === null) continue;
      for (const child of Object.values(parent)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}
