import { RUN_STAGES } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { openApiDocument, problemOf, recommendationsQuery, recommendationsRequest, runsRequest } from '../src/index.js';

describe('requests', () => {
  it('fills in the documented defaults', () => {
    expect(recommendationsRequest.parse({})).toEqual({ limit: 10, excludeItems: [], excludeSeen: true });
    expect(runsRequest.parse({})).toEqual({ stages: [...RUN_STAGES], settings: {} });
  });

  it.each([
    [{ limit: 0 }],
    [{ limit: 501 }],
    [{ limit: 'ten' }],
    [{ userId: '' }],
    [{ userId: 'a\nb' }],
    [{ history: 'x' }],
    [{ unknownField: 1 }],
  ])('refuses %j', (body) => {
    expect(recommendationsRequest.safeParse(body).success).toBe(false);
  });

  it('reads the short form', () => {
    expect(recommendationsQuery.parse({ limit: '3', excludeItems: 'a,b', excludeSeen: 'false' })).toEqual({
      limit: 3,
      excludeItems: ['a', 'b'],
      excludeSeen: false,
    });
  });

  it('takes stages only in order and once', () => {
    expect(runsRequest.safeParse({ stages: ['train', 'pair'] }).success).toBe(false);
    expect(runsRequest.safeParse({ stages: ['pair', 'pair'] }).success).toBe(false);
    expect(runsRequest.safeParse({ stages: ['train', 'index'] }).success).toBe(true);
  });
});

describe('document', () => {
  it('names every schema once and answers every operation with a problem by default', () => {
    const document = openApiDocument();
    const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path as object));
    expect(operations.length).toBeGreaterThan(15);
    for (const operation of operations)
      expect(operation.responses.default.content).toHaveProperty('application/problem+json');
    expect(document.components?.schemas).toHaveProperty('RecommendationsRequest');
    expect(document.components?.schemas).toHaveProperty('Problem');
  });

  it('builds problems from the error table', () => {
    expect(problemOf('NO_MODEL', 'nothing here')).toMatchObject({
      status: 503,
      code: 'NO_MODEL',
      detail: 'nothing here',
    });
  });
});
