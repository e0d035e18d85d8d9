import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { openDatabase } from '@kindred/storage';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { startApi } from '../src/index.js';
import { expectProblem } from './expect-problem.js';
import { startTestApi, type TestApi } from './shop.js';

async function withApi(options: Parameters<typeof startTestApi>[0], use: (shop: TestApi) => Promise<void>) {
  const shop = await startTestApi(options);
  try {
    await use(shop);
  } finally {
    await shop.close();
  }
}

describe('probes, metrics, documents', () => {
  test('live always, ready when database and model are there', () =>
    withApi({}, async (shop) => {
      expect((await shop.send('GET', '/health/live')).body).toEqual({ status: 'live' });
      const ready = await shop.send('GET', '/health/ready');
      expect([ready.status, ready.body]).toEqual([
        200,
        { status: 'ready', checks: { database: 'ok', model: { serving: 'model-a' } } },
      ]);
    }));

  test('without its database it lives, is not ready, and says so with each answer', () =>
    withApi({}, async (shop) => {
      await shop.database.close();
      expect((await shop.send('GET', '/health/live')).status).toBe(200);
      const ready = expectProblem(await shop.send('GET', '/health/ready'), 'DATABASE_UNAVAILABLE');
      expect(ready).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expectProblem(await shop.send('GET', '/v1/users/u/recommendations'), 'DATABASE_UNAVAILABLE');
      expectProblem(
        await shop.send('POST', '/v1/events', { events: [{ userId: 'u', itemId: 'i', type: 'view' }] }),
        'DATABASE_UNAVAILABLE',
      );
    }));

  test('connections that the server cuts are made anew', () =>
    withApi({}, async (shop) => {
      const other = await openDatabase(shop.database.url);
      const cut =
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
      await other.pool.query(cut);
      const status = async () => (await shop.send('GET', '/v1/users/u/recommendations')).status;
      await expect.poll(status, { interval: 20 }).toBe(200);
      await other.close();
    }));

  test('metrics by route pattern, verdict and source', () =>
    withApi({}, async (shop) => {
      const event = { userId: 'u', itemId: 'i', type: 'view', id: 'm1' };
      await shop.send('POST', '/v1/events', { events: [event, event, {}] });
      await shop.send('GET', '/v1/users/somebody/recommendations');
      await shop.send('GET', '/v1/users/somebody-else/recommendations?limit=0');
      await shop.send('GET', '/strange/path');
      const { text, type } = await shop.send('GET', '/metrics');
      expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
      for (const line of [
        'kindred_events_total{verdict="accepted"} 1',
        'kindred_events_total{verdict="duplicate"} 1',
        'kindred_events_total{verdict="rejected"} 1',
        'kindred_recommendations_total{source="popular"} 1',
        'kindred_recommendations_total{source="user"} 0',
        'kindred_serving_model_info{model_id="model-a",method="inductive"} 1',
        'kindred_model_load_failures_total 0',
        'kindred_http_request_duration_seconds_count{method="GET",route="/v1/users/:userId/recommendations",status="200"} 1',
        'kindred_http_request_duration_seconds_count{method="GET",route="/v1/users/:userId/recommendations",status="400"} 1',
        'kindred_http_request_duration_seconds_count{method="GET",route="none",status="404"} 1',
      ]) {
        expect(text.split('\n')).toContain(line);
      }
      expect(text).toContain('process_cpu_seconds_total');
      expect(text).not.toContain('somebody');
    }));

  test('the document of the API and its page, from this server alone', () =>
    withApi({ state: 'empty' }, async (shop) => {
      const document = (await shop.send('GET', '/openapi.json')).body as { openapi: string; paths: object };
      expect(document.openapi).toBe('3.1.0');
      const page = await shop.send('GET', '/docs/');
      expect(page.status).toBe(200);
      const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
      expect(assets.length).toBeGreaterThan(3);
      for (const asset of assets) {
        expect(asset).not.toMatch(/^(https?:)?\/\//);
        expect((await shop.send('GET', new URL(asset, `${shop.api.url}/docs/`).pathname)).status).toBe(200);
      }
    }));

  test('every route of the document is answered, by its own handler', () =>
    withApi({ state: 'empty' }, async (shop) => {
      const { paths } = (await shop.send('GET', '/openapi.json')).body as { paths: Record<string, object> };
      for (const [pattern, operations] of Object.entries(paths)) {
        const path = pattern.replace(/\{\w+\}/g, 'x');
        for (const method of Object.keys(operations)) {
          const answer = await shop.send(method.toUpperCase(), path, method === 'get' ? undefined : {});
          expect(answer.text, `${method} ${path}`).not.toContain('/docs lists the routes');
          expect(answer.status, `${method} ${path}`).not.toBe(405);
          expect(answer.status, `${method} ${path}`).not.toBe(500);
        }
      }
    }));
});

describe('what is logged', () => {
  test('a line a request with its id, and never a body, a query or a header', () =>
    withApi({}, async (shop) => {
      const secret = 'hunter2';
      const headers = { Authorization: secret, 'X-Request-Id': 'my-id.1' };
      const answer = await shop.send('POST', '/v1/recommendations', { userId: secret }, headers);
      expect(answer.headers.get('x-request-id')).toBe('my-id.1');
      await shop.send('GET', `/v1/runs?before=${secret}`, undefined, { 'X-Request-Id': 'not\tfit' });
      await shop.send('POST', '/v1/recommendations', `{"userId":"${secret}`);
      const logged = () => shop.lines.filter((line) => 'res' in line);
      await expect.poll(() => logged().length).toBe(3);
      expect(logged()[0]).toMatchObject({
        req: { id: 'my-id.1', method: 'POST', path: '/v1/recommendations' },
        res: { status: 200 },
      });
      expect(JSON.stringify(shop.lines)).not.toContain(secret);
      expect(JSON.stringify(shop.lines)).not.toContain('not\\tfit');
      await shop.send('GET', '/health/live');
      await shop.send('GET', '/metrics');
      expect(logged()).toHaveLength(3);
    }));

  test('a fault that nobody expected: the id goes out, the cause into the log', () =>
    withApi({}, async (shop) => {
      await shop.database.pool.query('ALTER TABLE kindred.events RENAME COLUMN properties TO secret_column');
      const answer = await shop.send('GET', '/v1/users/u/recommendations');
      const problem = expectProblem(answer, 'INTERNAL');
      const requestId = answer.headers.get('x-request-id') as string;
      expect(problem.detail).toContain(requestId);
      expect(answer.text).not.toContain('properties');
      const line = shop.lines.find((entry) => entry.requestId === requestId);
      const stack = expect.stringContaining('column "properties" does not exist');
      expect(line).toMatchObject({ level: 50, code: 'INTERNAL', err: { stack } });
    }));
});

describe('starting and closing', () => {
  test('a port that is taken is said', () =>
    withApi({ state: 'empty' }, async (shop) => {
      const { database } = shop;
      const again = startApi({
        database,
        databaseUrl: database.url,
        queues: undefined,
        host: '127.0.0.1',
        port: shop.api.port,
        logger: pino({ level: 'silent' }),
      });
      await expect(again).rejects.toMatchObject({ code: 'CONFLICT', field: 'port' });
    }));

  test('requests under way are answered, then connections end, then nothing listens', () =>
    withApi({}, async (shop) => {
      const agent = new Agent({ keepAlive: true });
      const first = get(`${shop.api.url}/health/live`, { agent });
      const [answer] = await once(first, 'response');
      answer.resume();
      await once(answer, 'end');
      const underWay = Array.from({ length: 20 }, () => shop.send('GET', '/v1/users/u/recommendations'));
      await expect.poll(async () => (await shop.send('GET', '/health/live')).status).toBe(200);
      await shop.api.close({ graceMs: 5000 });
      for (const done of await Promise.all(underWay)) expect(done.status).toBe(200);
      await expect(shop.send('GET', '/health/live')).rejects.toThrow();
      await shop.api.close({ graceMs: 0 });
      agent.destroy();
    }));

  test('a request that does not end is cut off when the grace is over', () =>
    withApi({ state: 'empty' }, async (shop) => {
      const locker = await openDatabase(shop.database.url);
      const client = await locker.pool.connect();
      await client.query('BEGIN; LOCK TABLE kindred.runs');
      const stuck = shop.send('GET', '/v1/runs').then(
        () => 'answered',
        () => 'cut off',
      );
      const waiting = `SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      await expect.poll(async () => Number((await client.query(waiting)).rows[0].n)).toBe(1);
      await shop.api.close({ graceMs: 50 });
      expect(await stuck).toBe('cut off');
      await client.query('ROLLBACK');
      client.release();
      await locker.close();
    }));
});
