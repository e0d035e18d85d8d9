import type { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { eventsRequestDocumented, eventsResponse } from './events.js';
import { itemBody, itemsRequest, itemsResponse } from './items.js';
import { problem } from './problem.js';
import {
  itemParameters,
  recommendationsQuery,
  recommendationsRequest,
  recommendationsResponse,
  similarItemsResponse,
  similarQuery,
  similarUsersResponse,
  userParameters,
} from './recommendations.js';
import {
  listQuery,
  modelsResponse,
  promotionResponse,
  runParameters,
  runResponse,
  runsRequest,
  runsResponse,
} from './runs.js';
import { segmentsResponse, userSegmentResponse } from './segments.js';

interface Operation {
  readonly summary: string;
  readonly tag: string;
  readonly body?: z.ZodType;
  readonly path?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly status?: 200 | 202;
  readonly answer: z.ZodType | string;
}

function operation(spec: Operation): ZodOpenApiOperationObject {
  const content =
    typeof spec.answer === 'string'
      ? { [spec.answer]: { schema: { type: 'string' as const } } }
      : { 'application/json': { schema: spec.answer } };
  return {
    summary: spec.summary,
    tags: [spec.tag],
    ...(spec.body && { requestBody: { required: true, content: { 'application/json': { schema: spec.body } } } }),
    requestParams: { ...(spec.path && { path: spec.path }), ...(spec.query && { query: spec.query }) },
    responses: {
      [String(spec.status ?? 200) as '200']: { description: spec.summary, content },
      default: {
        description: 'A problem: code, detail, the field at fault and the way out.',
        content: { 'application/problem+json': { schema: problem } },
      },
    },
  };
}

const paths: ZodOpenApiPathsObject = {
  '/v1/events': {
    post: operation({
      summary: 'Store events; a verdict for each',
      tag: 'ingest',
      body: eventsRequestDocumented,
      answer: eventsResponse,
    }),
  },
  '/v1/items': {
    post: operation({ summary: 'Store catalogue items', tag: 'ingest', body: itemsRequest, answer: itemsResponse }),
  },
  '/v1/items/{itemId}': {
    put: operation({
      summary: 'Store one catalogue item',
      tag: 'ingest',
      path: itemParameters,
      body: itemBody,
      answer: itemsResponse,
    }),
  },
  '/v1/recommendations': {
    post: operation({
      summary: 'Recommend for a user or a history',
      tag: 'serve',
      body: recommendationsRequest,
      answer: recommendationsResponse,
    }),
  },
  '/v1/users/{userId}/recommendations': {
    get: operation({
      summary: 'Recommend for a user',
      tag: 'serve',
      path: userParameters,
      query: recommendationsQuery,
      answer: recommendationsResponse,
    }),
  },
  '/v1/items/{itemId}/similar': {
    get: operation({
      summary: 'Items whose vectors are nearest',
      tag: 'serve',
      path: itemParameters,
      query: similarQuery,
      answer: similarItemsResponse,
    }),
  },
  '/v1/users/{userId}/similar': {
    get: operation({
      summary: 'Users whose vectors are nearest',
      tag: 'serve',
      path: userParameters,
      query: similarQuery,
      answer: similarUsersResponse,
    }),
  },
  '/v1/users/{userId}/segment': {
    get: operation({
      summary: 'The segment of a user',
      tag: 'serve',
      path: userParameters,
      answer: userSegmentResponse,
    }),
  },
  '/v1/segments': {
    get: operation({ summary: 'Segments of users, the largest first', tag: 'serve', answer: segmentsResponse }),
  },
  '/v1/runs': {
    get: operation({ summary: 'Newest runs', tag: 'runs', query: listQuery, answer: runsResponse }),
    post: operation({ summary: 'Start a run', tag: 'runs', body: runsRequest, status: 202, answer: runResponse }),
  },
  '/v1/runs/{id}': {
    get: operation({ summary: 'One run', tag: 'runs', path: runParameters, answer: runResponse }),
  },
  '/v1/runs/{id}/cancel': {
    post: operation({
      summary: 'Cancel a queued or running run',
      tag: 'runs',
      path: runParameters,
      answer: runResponse,
    }),
  },
  '/v1/runs/{id}/events': {
    get: operation({
      summary: 'Progress of a run as server-sent events',
      tag: 'runs',
      path: runParameters,
      answer: 'text/event-stream',
    }),
  },
  '/v1/models': {
    get: operation({ summary: 'Models, newest first', tag: 'models', query: listQuery, answer: modelsResponse }),
  },
  '/v1/models/{id}/promote': {
    post: operation({
      summary: 'Put a model into service',
      tag: 'models',
      path: runParameters,
      answer: promotionResponse,
    }),
  },
  '/v1/models/rollback': {
    post: operation({ summary: 'Return to the model that served before', tag: 'models', answer: promotionResponse }),
  },
  '/health/live': { get: operation({ summary: 'The process runs', tag: 'operation', answer: 'application/json' }) },
  '/health/ready': {
    get: operation({ summary: 'Database and model are there', tag: 'operation', answer: 'application/json' }),
  },
  '/metrics': { get: operation({ summary: 'Prometheus metrics', tag: 'operation', answer: 'text/plain' }) },
};

/** The OpenAPI 3.1 document, made from the schemas that validate. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Kindred',
      version: '1',
      description: 'Events in, recommendations out. Errors are RFC 9457 problems with a stable code.',
    },
    paths,
  });
}
