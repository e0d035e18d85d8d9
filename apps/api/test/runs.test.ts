import { runEvent, runResponse, runsResponse } from '@kindred/api-schema';
import { stageJobId } from '@kindred/queue';
import { appendRunEvent, createRun, endRun, finishRunStage, getRun, startRunStage } from '@kindred/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from './expect-problem.js';
import { startTestApi, type TestApi } from './shop.js';

let shop: TestApi;
beforeAll(async () => {
  shop = await startTestApi({ state: 'empty', queues: true });
});
afterAll(() => shop.close());

describe('starting, listing and cancelling', () => {
  test('a run is recorded, its first job queued, and its place told', async () => {
    const answer = await shop.send('POST', '/v1/runs', { stages: ['train', 'index'], settings: { seed: 3 } });
    expect(answer.status).toBe(202);
    const run = runResponse.strict().parse(answer.body);
    expect(run).toMatchObject({ stages: ['train', 'index'], status: 'queued', settings: { seed: 3 }, startedAt: null });
    expect(answer.headers.get('location')).toBe(`/v1/runs/${run.id}`);
    const job = await shop.queues?.find('train', stageJobId(run.id, 'train'));
    expect(job).toMatchObject({ name: 'train', state: 'waiting' });
    expect((await shop.send('GET', `/v1/runs/${run.id}`)).body).toEqual(answer.body);
  });

  test('nothing said means all stages', async () => {
    const answer = await shop.send('POST', '/v1/runs', {});
    expect(runResponse.parse(answer.body).stages).toEqual(['pair', 'train', 'evaluate', 'index', 'promote']);
  });

  test('the list: newest first, page by page', async () => {
    const ids: string[] = [];
    for (let k = 0; k < 3; k++) ids.unshift(runResponse.parse((await shop.send('POST', '/v1/runs', {})).body).id);
    const first = runsResponse.parse((await shop.send('GET', '/v1/runs?limit=2')).body);
    expect(first.runs.map((run) => run.id)).toEqual(ids.slice(0, 2));
    const next = runsResponse.parse((await shop.send('GET', `/v1/runs?limit=1&before=${ids[1]}`)).body);
    expect(next.runs.map((run) => run.id)).toEqual(ids.slice(2));
  });

  test.each([
    ['a stage that does not exist', { stages: ['fly'] }, 'REQUEST_INVALID', 'stages.0'],
    ['stages against the flow', { stages: ['train', 'pair'] }, 'REQUEST_INVALID', 'stages'],
    ['no stage', { stages: [] }, 'REQUEST_INVALID', 'stages'],
    ['a field that does not exist', { stage: 'train' }, 'REQUEST_INVALID', 'stage'],
    ['a method that does not exist', { settings: { method: 'magic' } }, 'METHOD_UNKNOWN', 'method'],
    ['a setting of another type', { settings: { seed: 'x' } }, 'CONFIG_INVALID', 'settings.seed'],
    ['a setting that does not exist', { settings: { sed: 1 } }, 'SETTING_UNKNOWN', 'settings.sed'],
    [
      'a setting of the method out of range',
      { settings: { set: { temperature: 9 } } },
      'CONFIG_INVALID',
      'temperature',
    ],
    ['a search without trials', { settings: { search: { trials: 0 } } }, 'CONFIG_INVALID', 'settings.search.trials'],
    ['a mistyped search', { settings: { search: { trails: 3 } } }, 'SETTING_UNKNOWN', 'settings.search.trails'],
    ['a pair setting out of range', { settings: { pair: { otherStrength: -1 } } }, 'CONFIG_INVALID', 'otherStrength'],
  ] as const)('%s is refused before anything starts', async (_what, body, code, field) => {
    const before = await shop.send('GET', '/v1/runs?limit=1');
    expectProblem(await shop.send('POST', '/v1/runs', body), code, field);
    expect((await shop.send('GET', '/v1/runs?limit=1')).body).toEqual(before.body);
  });

  test('a queued run is cancelled and its job gone; a second time it is told that it has ended', async () => {
    const run = runResponse.parse((await shop.send('POST', '/v1/runs', { stages: ['pair', 'train'] })).body);
    const answer = await shop.send('POST', `/v1/runs/${run.id}/cancel`);
    expect(answer.status).toBe(200);
    expect(runResponse.parse(answer.body)).toMatchObject({ status: 'cancelled', id: run.id });
    expect(await shop.queues?.find('pair', stageJobId(run.id, 'pair'))).toBeUndefined();
    expectProblem(await shop.send('POST', `/v1/runs/${run.id}/cancel`), 'RUN_NOT_CANCELLABLE', 'id');
  });

  test('a running run is asked to stop', async () => {
    const { db } = shop.database;
    const run = await createRun(db, { stages: ['train'] });
    await startRunStage(db, run.id, 'train');
    const answer = runResponse.parse((await shop.send('POST', `/v1/runs/${run.id}/cancel`)).body);
    expect(answer).toMatchObject({ status: 'running', currentStage: 'train' });
    expect((await getRun(db, run.id)).cancelRequestedAtMs).toBeDefined();
  });

  test('a run that waits between two stages has no worker to end it: it is cancelled at once', async () => {
    const { db } = shop.database;
    const { id } = await createRun(db, { stages: ['pair', 'train'] });
    await startRunStage(db, id, 'pair');
    await finishRunStage(db, id, 'pair', { snapshotId: 's1' });
    const jobId = stageJobId(id, 'train');
    await shop.queues?.enqueue('train', { runId: id, stages: ['train'] }, { jobId });
    const answer = runResponse.parse((await shop.send('POST', `/v1/runs/${id}/cancel`)).body);
    expect(answer).toMatchObject({ status: 'cancelled', currentStage: 'pair' });
    expect(await shop.queues?.find('train', jobId)).toBeUndefined();
  });

  test('runs that do not exist', async () => {
    expectProblem(await shop.send('GET', '/v1/runs/nope'), 'NOT_FOUND', 'id');
    expectProblem(await shop.send('POST', '/v1/runs/nope/cancel'), 'NOT_FOUND', 'id');
    expectProblem(await shop.send('GET', '/v1/runs/nope/events'), 'NOT_FOUND', 'id');
  });

  test('what a run has made stands in its answer', async () => {
    const { db } = shop.database;
    const { id } = await createRun(db, { stages: ['pair', 'train'] });
    await startRunStage(db, id, 'pair');
    await finishRunStage(db, id, 'pair', { snapshotId: 's1' });
    await startRunStage(db, id, 'train');
    await finishRunStage(db, id, 'train', { modelId: 'm1', snapshotId: 's1' });
    await endRun(db, id, 'failed', { code: 'INTERNAL', message: 'so it goes' });
    const run = runResponse.parse((await shop.send('GET', `/v1/runs/${id}`)).body);
    expect(run).toMatchObject({ modelId: 'm1', snapshotId: 's1', status: 'failed', error: { code: 'INTERNAL' } });
  });
});

test('without a queue runs are refused, and the rest works', async () => {
  const alone = await startTestApi({ state: 'empty' });
  try {
    expectProblem(await alone.send('POST', '/v1/runs', {}), 'QUEUE_UNAVAILABLE');
    expect((await alone.send('GET', '/v1/runs')).body).toEqual({ runs: [] });
    const { id } = await createRun(alone.database.db, { stages: ['pair'] });
    expect(runResponse.parse((await alone.send('POST', `/v1/runs/${id}/cancel`)).body).status).toBe('cancelled');
  } finally {
    await alone.close();
  }
});

interface Message {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Reads a stream to its end, or until enough messages have come. */
async function readStream(path: string, options: { lastId?: string; enough?: number; onMessage?: () => void } = {}) {
  const headers = new Headers(options.lastId === undefined ? {} : { 'Last-Event-ID': options.lastId });
  const leave = new AbortController();
  const response = await fetch(`${shop.api.url}${path}`, { headers, signal: leave.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const messages: Message[] = [];
  let text = '';
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk);
    const blocks = text.split('\n\n');
    text = blocks.pop() as string;
    for (const block of blocks) messages.push(parseMessage(block));
    options.onMessage?.();
    if (messages.length >= (options.enough ?? Number.POSITIVE_INFINITY)) break;
  }
  leave.abort();
  return messages;
}

function parseMessage(block: string): Message {
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
  return { id: fields.id as string, event: fields.event as string, data: JSON.parse(fields.data as string) };
}

async function openStreams(): Promise<number> {
  const { text } = await shop.send('GET', '/metrics');
  return Number(/^kindred_run_streams (\d+)$/m.exec(text)?.[1]);
}

describe('watching', () => {
  test('what has happened, what happens, and the end; and on from where one was', async () => {
    const { db } = shop.database;
    const { id } = await createRun(db, { stages: ['pair'] });
    await startRunStage(db, id, 'pair');
    await appendRunEvent(db, id, { kind: 'started', stage: 'pair', message: 'pair started' });
    let told = false;
    const onMessage = () => {
      if (told) return;
      told = true;
      void (async () => {
        await appendRunEvent(db, id, { kind: 'progress', message: 'two\nlines', data: { done: 1 } });
        await endRun(db, id, 'done');
      })();
    };
    const messages = await readStream(`/v1/runs/${id}/events`, { onMessage });
    expect(messages.map((message) => [message.id, message.event])).toEqual([
      ['1', 'started'],
      ['2', 'progress'],
      ['end', 'end'],
    ]);
    expect(runEvent.parse(messages[1]?.data)).toMatchObject({ seq: 2, message: 'two\nlines', data: { done: 1 } });
    expect(runResponse.parse(messages[2]?.data)).toMatchObject({ id, status: 'done' });
    const rest = await readStream(`/v1/runs/${id}/events`, { lastId: '1' });
    expect(rest.map((message) => message.id)).toEqual(['2', 'end']);
    const after = await shop.send('GET', `/v1/runs/${id}/events`, undefined, { 'Last-Event-ID': 'end' });
    expect(after.status).toBe(204);
    const odd = await shop.send('GET', `/v1/runs/${id}/events`, undefined, { 'Last-Event-ID': '1; drop' });
    expectProblem(odd, 'REQUEST_INVALID', 'Last-Event-ID');
  });

  test('long logs come whole', async () => {
    const { db } = shop.database;
    const { id } = await createRun(db, { stages: ['pair'] });
    for (let k = 0; k < 501; k++) await appendRunEvent(db, id, { kind: 'progress', message: `${k}` });
    await endRun(db, id, 'failed', { code: 'INTERNAL', message: 'x' });
    const messages = await readStream(`/v1/runs/${id}/events`);
    expect(messages).toHaveLength(502);
    expect(messages.at(-1)?.event).toBe('end');
  });

  test('a client that goes away leaves nothing behind', async () => {
    const { id } = await createRun(shop.database.db, { stages: ['pair'] });
    await appendRunEvent(shop.database.db, id, { kind: 'progress', message: 'x' });
    await Promise.all(Array.from({ length: 5 }, () => readStream(`/v1/runs/${id}/events`, { enough: 1 })));
    await expect.poll(openStreams).toBe(0);
  });

  test('closing the API ends the streams', async () => {
    const closing = await startTestApi({ state: 'empty' });
    const { id } = await createRun(closing.database.db, { stages: ['pair'] });
    const response = await fetch(`${closing.api.url}/v1/runs/${id}/events`);
    const ended = response.text();
    await closing.close();
    expect(await ended).toBe('');
  });
});

test('a run whose job can not be queued does not wait for ever', async () => {
  const broken = await startTestApi({ state: 'empty', queues: true, queueTimeoutMs: 500 });
  try {
    await broken.queues?.close();
    expectProblem(await broken.send('POST', '/v1/runs', {}), 'QUEUE_UNAVAILABLE');
    const [run] = runsResponse.parse((await broken.send('GET', '/v1/runs')).body).runs;
    expect(run).toMatchObject({ status: 'failed', error: { code: 'QUEUE_UNAVAILABLE' } });
  } finally {
    await broken.close();
  }
});
