import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ChildMessage, type ChildOptions, runInChild } from '../src/index.js';

const entry = new URL('./child-entry.mjs', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'kindred-child-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(payload: object, options: Partial<ChildOptions> = {}) {
  return runInChild({ entry, payload, ...options });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Aborts once the child has said that it began. */
function abortWhenBegun(reason: Error) {
  const abort = new AbortController();
  const onMessage = (message: ChildMessage) => {
    if (message.type === 'progress') abort.abort(reason);
  };
  return { signal: abort.signal, onMessage };
}

describe('runInChild', () => {
  test('brings the result, typed arrays included, and every message', async () => {
    const messages: ChildMessage[] = [];
    const result = await run(
      { act: 'double', values: [1, 2] },
      { onMessage: (message) => void messages.push(message) },
    );
    expect(result).toEqual({ values: [2, 4], sum: new Float32Array([1.5, 2.5]) });
    expect(messages).toContainEqual({ type: 'progress', progress: { done: 1, of: 2 } });
    expect(messages).toContainEqual({ type: 'log', level: 'info', message: 'halfway', fields: { step: 1 } });
    expect(messages).toContainEqual({ type: 'log', level: 'info', message: 'printed', fields: {} });
    expect(messages).toContainEqual({ type: 'log', level: 'warn', message: 'muttered', fields: {} });
  });

  test('a KindredError keeps its code and field; any other error is INTERNAL', async () => {
    await expect(run({ act: 'refuse' })).rejects.toMatchObject({
      name: 'KindredError',
      code: 'TRAINING_DEGENERATE',
      message: 'the loss is NaN',
      field: 'loss',
    });
    await expect(run({ act: 'throw' })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'a plain mistake',
      cause: expect.objectContaining({ name: 'TypeError', stack: expect.stringContaining('child-entry.mjs') }),
    });
    await expect(run({ act: 'unsendable' })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test.each([
    ['exit', /exit code 7; its last lines:\nthe last words/],
    ['reject-later', /exit code 1[\s\S]*nobody caught this/],
    ['segfault', /signal SIGSEGV/],
    ['kill', /killed \(SIGKILL\)/],
  ])('a child that ends by %s is a crash with a reason', async (act, message) => {
    await expect(run({ act })).rejects.toMatchObject({ code: 'JOB_CRASHED', message: expect.stringMatching(message) });
  });

  test('a child out of memory says so', async () => {
    const devoured = run({ act: 'devour' }, { execArgv: ['--max-old-space-size=24'] });
    await expect(devoured).rejects.toMatchObject({
      code: 'JOB_CRASHED',
      message: expect.stringContaining('ran out of JavaScript memory'),
    });
  });

  test('a missing entry is a crash that names it', async () => {
    const missing = runInChild({ entry: new URL('./nowhere.mjs', import.meta.url), payload: {} });
    await expect(missing).rejects.toThrow(/nowhere\.mjs/);
  });

  test('abort: the child hears of it, finishes in order, and the reason comes back', async () => {
    const file = join(folder, 'heeded');
    const reason = new Error('cancelled by the shop');
    await expect(run({ act: 'heed', file }, abortWhenBegun(reason))).rejects.toBe(reason);
    expect(readFileSync(file, 'utf8')).toBe('stopped: the job was asked to stop');
  });

  test('abort: a child that does not listen is killed', async () => {
    const reason = new Error('enough');
    await expect(run({ act: 'deafen' }, { ...abortWhenBegun(reason), killAfterMs: 100 })).rejects.toBe(reason);
  });

  test('an aborted signal starts nothing', async () => {
    const reason = new Error('too late');
    await expect(run({ act: 'double', values: [] }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('a listener that throws stops the child, and its error comes back', async () => {
    const file = join(folder, 'listener');
    const thrown = new Error('the disk is full');
    const onMessage = () => {
      throw thrown;
    };
    await expect(run({ act: 'heed', file }, { onMessage })).rejects.toBe(thrown);
  });

  test('a child whose parent was killed ends by itself: idle, heedful, or with a blocked event loop', {
    timeout: 30_000,
  }, async () => {
    await Promise.all(['linger', 'heed', 'deafen'].map(outlivedByNothing));
    expect(existsSync(join(folder, 'orphan-heed'))).toBe(true);
  });
});

async function outlivedByNothing(act: string): Promise<void> {
  const parentFile = join(import.meta.dirname, 'doomed-parent.mjs');
  const parent = spawn(process.execPath, [parentFile, act, join(folder, `orphan-${act}`)]);
  await new Promise<void>((resolve, reject) => {
    parent.stdout.on('data', (chunk) => String(chunk).includes('progress') && resolve());
    parent.stderr.on('data', (chunk) => reject(new Error(String(chunk))));
  });
  const [child] = await childrenOf(parent.pid ?? 0);
  expect(child).toBeGreaterThan(0);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(child ?? 0), { timeout: 20_000 }).toBe(false);
}

async function childrenOf(pid: number): Promise<number[]> {
  const listed = spawn('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  let output = '';
  listed.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await new Promise((resolve) => listed.once('close', resolve));
  return output.split('\n').map(Number).filter(Boolean);
}
