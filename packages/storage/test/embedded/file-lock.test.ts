import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireExclusiveLock, withFileLock } from '../../src/embedded/file-lock.js';
import { isRunning, ownIdentity } from '../../src/embedded/process-identity.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function holdFor(pid: number, started?: string): void {
  writeFileSync(join(folder, 'up.lock'), JSON.stringify({ pid, started, token: 'other' }));
}

test('the second is refused and told the pid of the first, until the first lets go', () => {
  const first = acquireExclusiveLock(folder, 'up');
  expect(() => acquireExclusiveLock(folder, 'up')).toThrow(
    expect.objectContaining({ code: 'DATABASE_LOCKED', message: expect.stringContaining(`process ${process.pid} `) }),
  );
  acquireExclusiveLock(folder, 'another name').release();
  first.release();
  first.release();
  acquireExclusiveLock(folder, 'up').release();
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of a living process stands, of whatever user', () => {
  holdFor(1);
  expect(() => acquireExclusiveLock(folder, 'up')).toThrow(/process 1 /);
});

test('the lock of a dead process is taken over', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  holdFor(pid);
  acquireExclusiveLock(folder, 'up').release();
});

test.runIf(process.platform === 'linux')('a pid that was given to another process meanwhile counts as dead', () => {
  holdFor(process.pid, 'another boot:1');
  expect(isRunning({ pid: process.pid, started: 'another boot:1' })).toBe(false);
  expect(isRunning(ownIdentity())).toBe(true);
  acquireExclusiveLock(folder, 'up').release();
});

test('a lock whose content a machine crash has lost is taken over', () => {
  writeFileSync(join(folder, 'up.lock'), '');
  acquireExclusiveLock(folder, 'up').release();
});

test('a takeover that was cut short does not stand in the way for long', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  holdFor(pid);
  const guard = join(folder, 'up.lock.takeover');
  mkdirSync(guard);
  utimesSync(guard, 0, 0);
  await withFileLock(join(folder, 'up.lock'), 5_000, async () => undefined);
  expect(readdirSync(folder)).toEqual([]);
});

test('one at a time, each in the end, also after a fault', async () => {
  const path = join(folder, 'work.lock');
  let inside = 0;
  let done = 0;
  const work = (k: number) =>
    withFileLock(path, 30_000, async () => {
      expect(++inside).toBe(1);
      await sleep(1);
      inside--;
      done++;
      if (k === 3) throw new Error('a fault of the work');
    });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, k) => work(k)));
  expect(done).toBe(8);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
});

test('waiting has an end', async () => {
  holdFor(1);
  await expect(withFileLock(join(folder, 'up.lock'), 10, async () => undefined)).rejects.toMatchObject({
    code: 'DATABASE_LOCKED',
  });
});
