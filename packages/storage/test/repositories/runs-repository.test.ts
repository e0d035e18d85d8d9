import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendRunEvent, listRunEvents } from '../../src/repositories/run-events-repository.js';
import {
  beatRun,
  createRun,
  endRun,
  findRun,
  findSilentRuns,
  finishRunStage,
  getRun,
  listRuns,
  listTrials,
  requestCancel,
  startRunStage,
} from '../../src/repositories/runs-repository.js';
import { openTestDatabase, type TestDatabase } from '../../src/testing.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

test('a run from the queue to its end, with what each stage hands on', async () => {
  const { db } = database;
  const run = await createRun(db, { stages: ['pair', 'train'], settings: { method: 'ease' } });
  expect(run).toMatchObject({ status: 'queued', stages: ['pair', 'train'], settings: { method: 'ease' }, results: {} });
  expect(run).toMatchObject({ currentStage: undefined, startedAtMs: undefined, finishedAtMs: undefined });
  const started = await startRunStage(db, run.id, 'pair');
  expect(started).toMatchObject({ status: 'running', currentStage: 'pair' });
  expect(await beatRun(db, run.id)).toBe(true);
  await finishRunStage(db, run.id, 'pair', { snapshotId: 's1' });
  const training = await startRunStage(db, run.id, 'train');
  expect(training.startedAtMs).toBe(started.startedAtMs);
  await finishRunStage(db, run.id, 'train', ['m1']);
  const done = await endRun(db, run.id, 'done');
  expect(done).toMatchObject({
    status: 'done',
    results: { pair: { snapshotId: 's1' }, train: ['m1'] },
    error: undefined,
  });
  expect(await getRun(db, run.id)).toEqual(done);
  expect(await beatRun(db, run.id)).toBe(false);
});

test('the trials of a search belong to its run, oldest first', async () => {
  const { db } = database;
  const parent = await createRun(db, { stages: ['train'] });
  expect(parent.parentId).toBeUndefined();
  const trials = [];
  for (const rate of [1, 2, 3]) {
    trials.push(await createRun(db, { stages: ['train'], settings: { rate }, parentId: parent.id }));
  }
  expect(await listTrials(db, parent.id)).toEqual(trials);
  expect(trials[0]?.parentId).toBe(parent.id);
  expect(await listTrials(db, trials[0]?.id ?? '')).toEqual([]);
});

test('what does not fit the state of a run is refused, and says what the state is', async () => {
  const { db } = database;
  const { id } = await createRun(db, { stages: ['pair'] });
  await expect(finishRunStage(db, id, 'pair', {})).rejects.toMatchObject({ code: 'STATE_INVALID' });
  await expect(startRunStage(db, id, 'train')).rejects.toMatchObject({ code: 'STATE_INVALID' });
  await startRunStage(db, id, 'pair');
  await endRun(db, id, 'failed', { code: 'DATA_EMPTY', message: 'no events' });
  await expect(startRunStage(db, id, 'pair')).rejects.toThrow(
    /\(pair\) is failed in stage pair: stage pair can not start/,
  );
  await expect(endRun(db, id, 'done')).rejects.toMatchObject({ code: 'STATE_INVALID' });
  await expect(requestCancel(db, id)).rejects.toMatchObject({ code: 'RUN_NOT_CANCELLABLE' });
  expect((await getRun(db, id)).error).toEqual({ code: 'DATA_EMPTY', message: 'no events' });
  for (const ask of [
    getRun,
    requestCancel,
    (...[on, id]: Parameters<typeof getRun>) => startRunStage(on, id, 'pair'),
  ]) {
    await expect(ask(db, 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }
  expect(await findRun(db, 'x')).toBeUndefined();
});

test('cancelling: a queued run ends at once, a running one when its worker hears of it', async () => {
  const { db } = database;
  const queued = await createRun(db, { stages: ['pair'] });
  expect(await requestCancel(db, queued.id)).toMatchObject({ status: 'cancelled' });

  const running = await createRun(db, { stages: ['pair', 'train'] });
  await startRunStage(db, running.id, 'pair');
  const asked = await requestCancel(db, running.id);
  expect(asked.status).toBe('running');
  expect((await requestCancel(db, running.id)).cancelRequestedAtMs).toBe(asked.cancelRequestedAtMs);
  expect(await beatRun(db, running.id)).toBe(false);
  await expect(startRunStage(db, running.id, 'train')).rejects.toThrow(/being cancelled/);
  expect(await endRun(db, running.id, 'cancelled')).toMatchObject({ status: 'cancelled' });
});

test('of two workers that end the same run one wins', async () => {
  const { db } = database;
  const { id } = await createRun(db, { stages: ['pair'] });
  await startRunStage(db, id, 'pair');
  const outcomes = await Promise.allSettled([endRun(db, id, 'done'), endRun(db, id, 'failed')]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('runs whose worker is silent', async () => {
  const { db } = database;
  const { id } = await createRun(db, { stages: ['pair'] });
  await startRunStage(db, id, 'pair');
  expect(await findSilentRuns(db, 60_000)).toEqual([]);
  await sql`UPDATE kindred.runs SET heartbeat_at = now() - interval '2 minutes' WHERE id = ${id}`.execute(db);
  expect((await findSilentRuns(db, 60_000)).map((run) => run.id)).toEqual([id]);
  await endRun(db, id, 'failed');
});

test('pages of runs, newest first, none twice and none left out', async () => {
  const { db } = database;
  const ids: string[] = [];
  for (let k = 0; k < 5; k++) ids.unshift((await createRun(db, { id: `page-${k}`, stages: ['pair'] })).id);
  const first = await listRuns(db, { limit: 2 });
  const second = await listRuns(db, { limit: 3, beforeId: first[1]?.id });
  expect([...first, ...second].map(({ id }) => id)).toEqual(ids);
  expect((await listRuns(db, { limit: 9, status: 'done' })).every(({ status }) => status === 'done')).toBe(true);
});

test("a run's log: numbered without gaps, in the order in which readers see it, whoever writes", async () => {
  const { db } = database;
  const { id } = await createRun(db, { stages: ['pair'] });
  const lines = Array.from({ length: 20 }, (_, k) => ({
    stage: 'pair',
    kind: 'log',
    message: `line ${k}\0`,
    data: { k },
  }));
  const numbers = await Promise.all(lines.map((line) => appendRunEvent(db, id, line)));
  expect([...numbers].sort((a, b) => a - b)).toEqual(lines.map((_, k) => k + 1));
  const firstHalf = await listRunEvents(db, id, { limit: 10 });
  const rest = await listRunEvents(db, id, { afterSeq: firstHalf.at(-1)?.seq, limit: 100 });
  const read = [...firstHalf, ...rest];
  expect(read.map(({ seq }) => seq)).toEqual(lines.map((_, k) => k + 1));
  expect(new Set(read.map(({ message }) => message))).toEqual(new Set(lines.map((_, k) => `line ${k}\uFFFD`)));
  await expect(appendRunEvent(db, 'x', { kind: 'log', message: 'lost' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
