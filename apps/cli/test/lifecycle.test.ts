import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syntheticShop } from '@kindred/datasets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  alive,
  KindredProcess,
  killAll,
  kindred,
  processesOfItsOwn,
  processTree,
  untilNoneNames,
} from './kindred-process.js';

/** One data directory, one `kindred up` after the other; each test goes on where the last one ended. */
const STAGES = ['pair', 'train', 'evaluate', 'index', 'promote'];
/** The settings that probes would climb are given, so that one probe is all. */
const GIVEN = { temperature: 0.2, offsetStrength: 1, negativeWeight: 1, userTable: 'off' };
const QUICK = { engine: 'cpu', force: true, set: { dimensions: 8, epochs: 2, batchSize: 32, ...GIVEN } };
const SHOP = syntheticShop({ users: 60, items: 90, events: 2000, seed: 7 });
const LINES = SHOP.events.map(({ timeMs, ...event }) =>
  JSON.stringify({ ...event, time: timeMs === undefined ? undefined : new Date(timeMs).toISOString() }),
);

let dataDir: string;
let env: Record<string, string>;
let up: KindredProcess;
let url: string;
let firstModel: string;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kindred-up-'));
  env = { KINDRED_DATA_DIR: dataDir, KINDRED_LOG_LEVEL: 'warn', KINDRED_SHUTDOWN_GRACE: '200ms', KINDRED_THREADS: '1' };
  writeFileSync(join(dataDir, 'shop.jsonl'), `${LINES.join('\n')}\n`);
});
afterAll(async () => {
  await killAll();
  await untilNoneNames(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

async function startUp(): Promise<void> {
  up = new KindredProcess(['up', '--port', '0', '--json'], env);
  await expect.poll(() => up.stdout + up.stderr, { timeout: 30_000, interval: 50 }).toContain('"url"');
  url = (JSON.parse(up.stdout) as { url: string }).url;
}

interface RunAnswer {
  readonly id: string;
  readonly status: string;
  readonly currentStage: string | null;
  readonly modelId: string | null;
  readonly error: { readonly code: string } | null;
}

async function startRun(body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/v1/runs`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.status, await response.clone().text()).toBe(202);
  return ((await response.json()) as RunAnswer).id;
}

async function runOf(id: string): Promise<RunAnswer> {
  return (await (await fetch(`${url}/v1/runs/${id}`)).json()) as RunAnswer;
}

interface Recommendations {
  readonly modelId: string;
  readonly items: readonly { readonly itemId: string }[];
}

async function recommend(userId: string): Promise<Recommendations> {
  const response = await fetch(`${url}/v1/users/${userId}/recommendations?limit=5`);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as Recommendations;
}

const SOMEONE = SHOP.events[0]?.userId as string;

test('up says where it listens, and is alive before there is any model', async () => {
  await startUp();
  expect(up.stdout.trim().split('\n')).toHaveLength(1);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
});

test('a second up on the folder is refused, and names the process that has it', async () => {
  const second = await kindred(['up', '--port', '0', '--json'], env);
  expect(second.code).toBe(1);
  const { error } = JSON.parse(second.stdout) as { error: { code: string; message: string } };
  expect(error.code).toBe('DATABASE_LOCKED');
  expect(error.message).toContain(`process ${up.pid} `);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
});

test('other commands join the server that up has started', async () => {
  const ingested = await kindred(['ingest', join(dataDir, 'shop.jsonl'), '--json'], env);
  expect(ingested.code, ingested.stderr).toBe(0);
  const report = JSON.parse(ingested.stdout);
  expect(report).toMatchObject({ read: LINES.length, rejected: { total: 0 } });
  expect(report.stored + report.duplicates).toBe(LINES.length);
  const runs = await kindred(['runs', '--json'], env);
  expect(JSON.parse(runs.stdout)).toEqual({ runs: [] });
});

test('a whole run through the queue, watched by its events, and recommendations after it', async () => {
  const id = await startRun({ settings: QUICK });
  const log = await (await fetch(`${url}/v1/runs/${id}/events`)).text();
  const told = [...log.matchAll(/^event: (started|finished|end)$/gm)].map(([, kind]) => kind);
  expect(told).toEqual([...STAGES.flatMap(() => ['started', 'finished']), 'end']);
  const run = await runOf(id);
  expect(run).toMatchObject({ status: 'done', error: null });
  firstModel = run.modelId as string;
  await expect.poll(async () => (await fetch(`${url}/health/ready`)).status).toBe(200);
  const { modelId, items } = await recommend(SOMEONE);
  expect(modelId).toBe(firstModel);
  expect(items).toHaveLength(5);
  await expect.poll(() => readdirSync(join(dataDir, 'runs'))).toEqual([]);
});

test('a second model goes into service without a failed request; rollback brings the first one back', async () => {
  const before = await recommend(SOMEONE);
  const served: string[] = [];
  const failures: string[] = [];
  let loading = true;
  const load = Array.from({ length: 4 }, async (_, client) => {
    for (let k = client; loading; k += 4) {
      const { userId } = SHOP.events[k % SHOP.events.length] as { userId: string };
      const response = await fetch(`${url}/v1/users/${userId}/recommendations?limit=5`);
      const body = await response.text();
      if (response.status !== 200) failures.push(`${response.status} ${body}`);
      else served.push((JSON.parse(body) as Recommendations).modelId);
      await sleep(5);
    }
  });
  const id = await startRun({ stages: ['train', 'index', 'promote'], settings: { ...QUICK, seed: 2 } });
  await expect.poll(async () => (await runOf(id)).status, { timeout: 60_000 }).toBe('done');
  const { modelId } = await runOf(id);
  await expect.poll(() => served.at(-1), { timeout: 10_000 }).toBe(modelId);
  await sleep(200);
  loading = false;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(new Set(served)).toEqual(new Set([firstModel, modelId]));
  expect(served.lastIndexOf(firstModel)).toBeLessThan(served.length - 4);
  const rollback = await kindred(['rollback', '--json'], env);
  expect(JSON.parse(rollback.stdout)).toEqual({ modelId: firstModel, previousModelId: null });
  await expect.poll(async () => (await recommend(SOMEONE)).modelId, { timeout: 10_000 }).toBe(firstModel);
  expect((await recommend(SOMEONE)).items).toEqual(before.items);
});

test('killed in the middle of a training, up recovers and the run is taken up again', { timeout: 90_000 }, async () => {
  const id = await startRun({
    stages: ['train', 'evaluate'],
    settings: { ...QUICK, set: { ...QUICK.set, epochs: 20 } },
  });
  await expect.poll(async () => (await runOf(id)).currentStage, { timeout: 20_000, interval: 20 }).toBe('train');
  expect(processTree(up.pid).length).toBeGreaterThan(3);
  const own = processesOfItsOwn(up.pid);
  expect(own.length).toBeGreaterThan(1);
  expect((await up.end('SIGKILL')).signal).toBe('SIGKILL');
  await startUp();
  expect(await runOf(id)).toMatchObject({ status: 'running', currentStage: 'train' });
  expect((await recommend(SOMEONE)).modelId).toBe(firstModel);
  await expect.poll(async () => (await runOf(id)).status, { timeout: 80_000 }).toBe('done');
  const log = await (await fetch(`${url}/v1/runs/${id}/events`)).text();
  expect([...log.matchAll(/"message":"train started"/g)]).toHaveLength(2);
  await expect.poll(() => alive(own)).toEqual([]);
});

test('SIGTERM in the middle of a run: everything ends in order, and the run waits for the next up', async () => {
  const id = await startRun({
    stages: ['train'],
    settings: { ...QUICK, set: { ...QUICK.set, dimensions: 16, epochs: 150 } },
  });
  await expect.poll(async () => (await runOf(id)).currentStage, { timeout: 20_000, interval: 20 }).toBe('train');
  const tree = processTree(up.pid);
  const ended = await up.end('SIGTERM');
  expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null });
  await expect.poll(() => alive(tree)).toEqual([]);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  const { runs } = JSON.parse((await kindred(['runs', '--json'], env)).stdout) as { runs: RunAnswer[] };
  expect(runs[0]).toMatchObject({ id, status: 'running' });
  await startUp();
  await expect.poll(() => processTree(up.pid).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(tree.length);
  const cancelled = await kindred(['runs', id, '--cancel', '--json'], env);
  expect(JSON.parse(cancelled.stdout)).toMatchObject({ id, cancelRequested: true });
  await expect.poll(async () => (await runOf(id)).status, { timeout: 20_000 }).toBe('cancelled');
  await expect.poll(() => readdirSync(join(dataDir, 'runs'))).toEqual([]);
  expect((await up.end('SIGINT')).code).toBe(0);
});
