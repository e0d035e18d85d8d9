import { KindredError } from '@kindred/domain';
import { listRuns } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { doClaimedRun } from '../src/claimed-run.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => {
  await database.close();
});

const REASON = new KindredError('INTERRUPTED', 'the shop closes');
const WHERE = new KindredError('INTERRUPTED', 'training was stopped before its first epoch was done');
const FAULT = new KindredError('TRAINING_DEGENERATE', 'the loss is NaN');

it.each<[string, unknown, KindredError, KindredError]>([
  ['the reason of its signal, not where the work was', REASON, WHERE, REASON],
  ['where the work was, when the signal has no reason of ours', undefined, WHERE, WHERE],
  ['a fault of the work as it is, signal or not', REASON, FAULT, FAULT],
])('a run that is stopped ends with %s', async (_, reason, thrown, said) => {
  const stop = new AbortController();
  const run = doClaimedRun(database, { stages: ['train'], settings: {} }, stop.signal, async (_id, signal) => {
    stop.abort(reason);
    expect(signal.aborted).toBe(true);
    throw thrown;
  });
  await expect(run).rejects.toBe(said);
  const [newest] = await listRuns(database.db, { limit: 1 });
  expect(newest).toMatchObject({ status: 'cancelled', error: { code: said.code, message: said.message } });
});
