import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDeadLetters, countDeadLetters } from '../src/repositories/dead-letters-repository.js';
import {
  createClaimedIngest,
  failAbandonedIngests,
  finishIngest,
  getIngest,
} from '../src/repositories/ingests-repository.js';
import {
  createClaimedRun,
  createRun,
  endAbandonedRuns,
  endRun,
  getRun,
  requestCancel,
  startRunStage,
} from '../src/repositories/runs-repository.js';
import { openTestDatabase, type TestDatabase } from '../src/testing.js';

const COUNTS = { read: 0, stored: 0, duplicates: 0, rejected: 0, byReason: {} };

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** A process that claims a run and an ingest and then does nothing. */
async function startClaimant(): Promise<{ child: ChildProcess; runId: string; ingestId: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'claimant.mjs'), database.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(String(line)) as { runId: string; ingestId: number }) };
}

test('what a living process works on is left alone; what a killed one worked on is ended with a reason', async () => {
  const { db } = database;
  const { child, runId, ingestId } = await startClaimant();
  try {
    await startRunStage(db, runId, 'train');
    await addDeadLetters(db, ingestId, [{ lineNumber: 1, raw: 'x', code: 'LINE_MALFORMED', message: 'bad' }]);
    expect(await endAbandonedRuns(db)).toEqual([]);
    expect(await failAbandonedIngests(db)).toEqual([]);
    expect((await getRun(db, runId)).status).toBe('running');
  } finally {
    child.kill('SIGKILL');
  }
  await expect.poll(async () => (await endAbandonedRuns(db)).map(({ id }) => id)).toEqual([runId]);
  await expect.poll(() => failAbandonedIngests(db)).toEqual([ingestId]);
  expect(await getRun(db, runId)).toMatchObject({ status: 'failed', error: { code: 'INTERRUPTED' } });
  expect(await getIngest(db, ingestId)).toMatchObject({ status: 'failed', error: { code: 'INTERRUPTED' } });
  expect(await countDeadLetters(db, ingestId)).toEqual({});
});

test('ended in order: nothing is left to end, and the session is given back', async () => {
  const { db } = database;
  const { run, claim } = await createClaimedRun(database, { stages: ['pair'] });
  const { id, claim: ingestClaim } = await createClaimedIngest(database, { source: 'shop.csv' });
  await endRun(db, run.id, 'done');
  await finishIngest(db, id, COUNTS);
  claim.release();
  claim.release();
  ingestClaim.release();
  expect(await endAbandonedRuns(db)).toEqual([]);
  expect(await failAbandonedIngests(db)).toEqual([]);
  expect((await getRun(db, run.id)).status).toBe('done');
  const held = () =>
    sql<{ held: number }>`
    SELECT count(*)::int AS held FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND datname = current_database()`.execute(db);
  await expect.poll(async () => (await held()).rows[0]?.held).toBe(0);
});

test('a claim given up without an end counts as a process that is gone; what was being cancelled is cancelled', async () => {
  const { db } = database;
  const { run, claim } = await createClaimedRun(database, { stages: ['pair'] });
  await startRunStage(db, run.id, 'pair');
  await requestCancel(db, run.id);
  claim.release();
  await expect.poll(async () => (await endAbandonedRuns(db)).map(({ status }) => status)).toEqual(['cancelled']);
});

test('runs of the queue are nobody’s claim: they are left to the queue', async () => {
  const { db } = database;
  const { id } = await createRun(db, { stages: ['pair'] });
  expect(await endAbandonedRuns(db)).toEqual([]);
  expect((await getRun(db, id)).status).toBe('queued');
});
