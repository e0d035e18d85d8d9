import { createServer } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../src/open-database.js';
import { openTestDatabase, type TestDatabase } from '../src/testing.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a server that is not there: the address is named, the password is not', async () => {
  const port = await closedPort();
  const opening = openDatabase(`postgres://shop:sesame@127.0.0.1:${port}/shop`);
  await expect(opening).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringContaining(`127.0.0.1:${port}/shop`),
  });
  await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('sesame') });
});

test('a wrong password and a database that is not there are told apart', async () => {
  const wrongPassword = new URL(database.url);
  wrongPassword.password = 'sesame';
  await expect(openDatabase(wrongPassword.href)).rejects.toThrow(/password authentication failed/);
  const wrongName = new URL(database.url);
  wrongName.pathname = '/nowhere';
  await expect(openDatabase(wrongName.href)).rejects.toThrow(/"nowhere" does not exist/);
});

test.each(['', 'localhost:5432', 'http://127.0.0.1/kindred'])('%j is no address of a database', async (url) => {
  await expect(openDatabase(url)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', field: 'databaseUrl' });
});

test('connections that the server ends are replaced without a fault', async () => {
  const { db, close } = await openDatabase(database.url, { applicationName: 'kindred-ended', poolSize: 2 });
  await sql`SELECT 1`.execute(db);
  const ended = await sql<{ ended: boolean }>`
    SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity WHERE application_name = 'kindred-ended'
  `.execute(database.db);
  expect(ended.rows).toEqual([{ ended: true }]);
  // The pool drops the connection when it reads of its end.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { rows } = await sql<{ number: number }>`SELECT 7::bigint AS number`.execute(db);
  expect(rows).toEqual([{ number: 7 }]);
  await close();
  await close();
  await expect(sql`SELECT 1`.execute(db)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test('a connection that is cut between two questions fails the next one, and ends nothing else', async () => {
  const { pool, close } = await openDatabase(database.url);
  const client = await pool.connect();
  const ended = new Promise((resolve) => client.once('end', resolve));
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
  await ended;
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release(true);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await close();
});
