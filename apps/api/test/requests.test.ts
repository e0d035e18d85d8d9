import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from './expect-problem.js';
import { startTestApi, type TestApi } from './shop.js';

let shop: TestApi;
beforeAll(async () => {
  shop = await startTestApi({ queues: true });
});
afterAll(() => shop.close());

const long = 'x'.repeat(257);

describe('requests that are wrong are told what is wrong', () => {
  test.each([
    ['GET', '/v1/nothing', undefined, 'NOT_FOUND', undefined],
    ['GET', '/', undefined, 'NOT_FOUND', undefined],
    ['GET', '/docs/nothing.js', undefined, 'NOT_FOUND', undefined],
    ['GET', '/v1/users/%E0%A4%A/recommendations', undefined, 'REQUEST_INVALID', undefined],
    ['GET', '/v1/users/%00/recommendations', undefined, 'REQUEST_INVALID', 'userId'],
    ['GET', `/v1/users/${long}/recommendations`, undefined, 'REQUEST_INVALID', 'userId'],
    ['GET', '/v1/users/u/recommendations?limit=0', undefined, 'REQUEST_INVALID', 'limit'],
    ['GET', '/v1/users/u/recommendations?limit=501', undefined, 'REQUEST_INVALID', 'limit'],
    ['GET', '/v1/users/u/recommendations?limit=ten', undefined, 'REQUEST_INVALID', 'limit'],
    ['GET', '/v1/users/u/recommendations?limit=1&limit=2', undefined, 'REQUEST_INVALID', 'limit'],
    ['GET', '/v1/users/u/recommendations?limits=1', undefined, 'REQUEST_INVALID', 'limits'],
    ['GET', '/v1/users/u/recommendations?excludeSeen=maybe', undefined, 'REQUEST_INVALID', 'excludeSeen'],
    ['GET', `/v1/users/u/recommendations?excludeItems=a,${long}`, undefined, 'REQUEST_INVALID', 'excludeItems.1'],
    ['GET', '/v1/items/i/similar?limit=-1', undefined, 'REQUEST_INVALID', 'limit'],
    ['GET', `/v1/runs/${long}`, undefined, 'REQUEST_INVALID', 'id'],
    ['GET', '/v1/runs?limit=x', undefined, 'REQUEST_INVALID', 'limit'],
    ['POST', '/v1/recommendations', undefined, 'REQUEST_INVALID', undefined],
    ['POST', '/v1/recommendations', '', 'REQUEST_INVALID', undefined],
    ['POST', '/v1/recommendations', '{"limit":', 'REQUEST_INVALID', undefined],
    ['POST', '/v1/recommendations', 'null', 'REQUEST_INVALID', undefined],
    ['POST', '/v1/recommendations', '[]', 'REQUEST_INVALID', undefined],
    ['POST', '/v1/recommendations', '"text"', 'REQUEST_INVALID', undefined],
    ['POST', '/v1/recommendations', '{"__proto__":{"limit":3}}', 'REQUEST_INVALID', '__proto__'],
    ['POST', '/v1/recommendations', { userId: 7 }, 'REQUEST_INVALID', 'userId'],
    ['POST', '/v1/recommendations', { userId: '' }, 'REQUEST_INVALID', 'userId'],
    ['POST', '/v1/recommendations', '{"userId":"\\ud800"}', 'REQUEST_INVALID', 'userId'],
    ['POST', '/v1/recommendations', { history: ['a', null] }, 'REQUEST_INVALID', 'history.1'],
    ['POST', '/v1/recommendations', { history: 'a' }, 'REQUEST_INVALID', 'history'],
    ['POST', '/v1/recommendations', { limit: 1.5 }, 'REQUEST_INVALID', 'limit'],
    ['POST', '/v1/recommendations', { excludeSeen: 'yes' }, 'REQUEST_INVALID', 'excludeSeen'],
    ['POST', '/v1/recommendations', { userid: 'u' }, 'REQUEST_INVALID', 'userid'],
    ['POST', '/v1/recommendations', { excludeItems: Array(10_001).fill('x') }, 'REQUEST_INVALID', 'excludeItems'],
    ['POST', '/v1/events', [], 'REQUEST_INVALID', undefined],
    ['POST', '/v1/events', {}, 'REQUEST_INVALID', 'events'],
    ['POST', '/v1/events', { events: [] }, 'REQUEST_INVALID', 'events'],
    ['POST', '/v1/events', { events: {} }, 'REQUEST_INVALID', 'events'],
    ['POST', '/v1/events', new Uint8Array([0x22, 0xff, 0x22]), 'REQUEST_INVALID', undefined],
    ['POST', '/v1/events', '['.repeat(200_000) + ']'.repeat(200_000), 'REQUEST_INVALID', undefined],
    ['PUT', '/v1/items/x', `{"attributes":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`, 'REQUEST_INVALID', undefined],
    ['DELETE', '/v1/events', undefined, 'METHOD_NOT_ALLOWED', undefined],
    ['PATCH', '/v1/items/x', {}, 'METHOD_NOT_ALLOWED', undefined],
    ['POST', '/health/live', {}, 'METHOD_NOT_ALLOWED', undefined],
  ] as const)('%s %s', async (method, path, body, code, field) => {
    expectProblem(await shop.send(method, path, body), code, field);
  });

  test('other methods are named', async () => {
    const refused = await shop.send('DELETE', '/v1/runs');
    expect(refused.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
    const options = await shop.send('OPTIONS', '/v1/runs');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS']);
    expect((await shop.send('HEAD', '/v1/runs')).status).toBe(200);
  });

  test.each([
    ['text/plain', '{}', {}],
    ['application/x-www-form-urlencoded', 'limit=3', {}],
    ['application/json; charset=utf-16', '{}', { fine: true }],
    ['application/json', '{}', { encoding: 'br2' }],
  ])('content type %s', async (type, body, { fine, encoding }: { fine?: boolean; encoding?: string }) => {
    const headers = { 'Content-Type': type, ...(encoding && { 'Content-Encoding': encoding }) };
    const answer = await shop.send('POST', '/v1/recommendations', body, headers);
    // The charset parameter means nothing for JSON (RFC 8259 §11): it is UTF-8.
    if (fine) expect(answer.status).toBe(200);
    else expectProblem(answer, 'MEDIA_TYPE_UNSUPPORTED', encoding ? undefined : 'Content-Type');
  });

  test('compressed bodies are read, and measured by what comes out', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    const small = gzipSync('{"limit":3}');
    expect((await shop.send('POST', '/v1/recommendations', new Uint8Array(small), headers)).status).toBe(200);
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024, 0x20));
    expectProblem(await shop.send('POST', '/v1/events', new Uint8Array(bomb), headers), 'PAYLOAD_TOO_LARGE');
    expectProblem(
      await shop.send('POST', '/v1/events', new Uint8Array(small.subarray(0, 9)), headers),
      'REQUEST_INVALID',
    );
  });

  test('a body that is announced too large is refused before it is sent', async () => {
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': 33 * 1024 * 1024 };
      const request = httpRequest(`${shop.api.url}/v1/events`, { method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
          request.destroy();
        });
      });
      request.on('error', reject);
      request.write('{');
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text).code).toBe('PAYLOAD_TOO_LARGE');
  });

  test('a client that hangs up in the middle of its body, and one that speaks no HTTP, disturb nobody', async () => {
    for (const words of [
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ev',
      'garbage\r\n\r\n',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(shop.api.port, '127.0.0.1', () => {
          socket.write(words, () => setTimeout(() => socket.destroy(), 20));
        });
        socket.on('close', () => resolve()).on('error', () => undefined);
      });
    }
    expect((await shop.send('GET', '/health/live')).status).toBe(200);
  });
});

const anyPath = fc.constantFrom(
  ['POST', '/v1/events'],
  ['POST', '/v1/items'],
  ['PUT', '/v1/items/fuzz'],
  ['POST', '/v1/recommendations'],
  ['POST', '/v1/runs'],
  ['POST', '/v1/models/fuzz/promote'],
  ['POST', '/v1/runs/fuzz/cancel'],
);
const word = fc.oneof(
  fc.constantFrom(
    'userId',
    'itemId',
    'type',
    'time',
    'value',
    'id',
    'properties',
    'events',
    'items',
    'history',
    'limit',
  ),
  fc.constantFrom(
    'title',
    'tags',
    'price',
    'publishedAt',
    'attributes',
    'stages',
    'settings',
    'pair',
    'split',
    'method',
  ),
  fc.string({ unit: 'binary' }),
);
const leaf = fc.oneof(
  word,
  fc.constantFrom('2026-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59+14:00', 'train', 'inductive'),
  fc.double(),
  fc.integer(),
  fc.constantFrom(1e308, -0, 253402300800, 8.64e15, null, true),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(word, tie('tree'), { maxKeys: 5 }),
  ),
}));
const shaped = fc.oneof(
  fc.record({ events: fc.array(fc.dictionary(word, tree, { maxKeys: 7 }), { maxLength: 5 }) }),
  fc.record({ items: fc.array(fc.dictionary(word, tree, { maxKeys: 7 }), { maxLength: 5 }) }),
  fc.record({ stages: fc.constant(['train']), settings: fc.dictionary(word, tree) }),
  fc.dictionary(word, tree),
  tree,
);

test('no body whatsoever makes the server fail', async () => {
  await fc.assert(
    fc.asyncProperty(anyPath, shaped, async ([method, path], body) => {
      const answer = await shop.send(method as string, path as string, JSON.stringify(body) ?? '');
      expect(answer.status, `${answer.text} for ${JSON.stringify(body)}`).toBeLessThan(500);
      if (answer.status >= 400) expect(answer.type).toMatch(/^application\/problem\+json/);
    }),
    { numRuns: 300, seed: 11 },
  );
});

test('no bytes whatsoever make the server fail', async () => {
  await fc.assert(
    fc.asyncProperty(anyPath, fc.uint8Array({ maxLength: 40 }), async ([method, path], bytes) => {
      const answer = await shop.send(method as string, path as string, bytes);
      expect(answer.status, answer.text).toBeLessThan(500);
    }),
    { numRuns: 100, seed: 12 },
  );
});

test('no path or query whatsoever makes the server fail', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }).map(encode),
    fc.constantFrom('%', '%zz', '..', '%2e%2e', '%ff'),
  );
  await fc.assert(
    fc.asyncProperty(piece, piece, piece, async (user, name, value) => {
      for (const path of [`/v1/users/${user}/recommendations?${name}=${value}`, `/${user}/${name}`, `/docs/${value}`]) {
        const answer = await shop.send('GET', path);
        expect(answer.status, `${path} ${answer.text}`).toBeLessThan(500);
      }
    }),
    { numRuns: 150, seed: 13 },
  );
});

/** Half surrogate pairs have no percent-encoding. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, ''));
}
