import { openApiDocument } from '@kindred/api-schema';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHOP, startTestApi, type TestApi } from './shop.js';

interface Operation {
  readonly method: 'get' | 'post' | 'put';
  readonly path: string;
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>;
}

const OPERATIONS: Operation[] = Object.entries(openApiDocument().paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Pick<Operation, 'responses'>>).map(([method, { responses }]) => ({
    method: method as Operation['method'],
    path,
    responses,
  })),
);

/** Bodies of the operations that take one. */
const BODIES: Readonly<Record<string, object>> = {
  'post /v1/events': { events: [{ userId: 'd', itemId: 'd', type: 'view' }] },
  'post /v1/items': { items: [{ itemId: 'd', title: 'D' }] },
  'put /v1/items/{itemId}': { title: 'D' },
  'post /v1/recommendations': {},
  'post /v1/runs': { stages: ['promote'] },
};

describe('the document and the routes', () => {
  let shop: TestApi;
  beforeAll(async () => {
    shop = await startTestApi({});
  });
  afterAll(() => shop.close());

  const fillIn = (path: string) =>
    path
      .replace('{userId}', encodeURIComponent(SHOP.events[0]?.userId ?? ''))
      .replace('{itemId}', encodeURIComponent(SHOP.events[0]?.itemId ?? ''))
      .replace('{id}', path.includes('/models/') ? 'model-b' : 'no-such-run');

  test.each(OPERATIONS)('$method $path answers as documented', async ({ method, path, responses }) => {
    const answer = await supertest(shop.api.url)
      [method](fillIn(path))
      .send(method === 'get' ? undefined : BODIES[`${method} ${path}`]);
    const documented = responses[String(answer.status)] ?? responses.default;
    const type = (answer.headers['content-type'] ?? '').split(';')[0] as string;
    expect(Object.keys(documented?.content ?? {})).toContain(type);
    expect(answer.body.code).not.toBe('METHOD_NOT_ALLOWED');
    if (answer.status === 404) expect(answer.body.detail).not.toContain('route');
  });

  test.each([...new Set(OPERATIONS.map(({ path }) => path))])(
    '%s refuses methods that are not documented',
    async (path) => {
      const answer = await supertest(shop.api.url).delete(fillIn(path));
      expect(answer.status).toBe(405);
      const documented = OPERATIONS.filter((operation) => operation.path === path).map(({ method }) =>
        method.toUpperCase(),
      );
      for (const method of documented) expect(answer.headers.allow).toContain(method);
    },
  );
});
