import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../src/lock.js';

const distFolder = dirname(createRequire(import.meta.url).resolve('@kindred/libtensorflow/probe'));
let count = 0;
const newPath = () => `/no/such/folder/${process.pid}-${count++}`;

describe.runIf(process.platform === 'linux')('acquireLock', () => {
  it('keeps a second one out until the first is released', async () => {
    const path = newPath();
    const order: string[] = [];
    const first = await acquireLock(path);
    const second = acquireLock(path, { retryMs: 5, onWait: () => order.push('waits') }).then((lock) => {
      order.push('second');
      return lock;
    });
    await expect.poll(() => order).toEqual(['waits']);
    order.push('released');
    await first.release();
    await (await second).release();
    expect(order).toEqual(['waits', 'released', 'second']);
  });

  it('does not mix up two folders', async () => {
    const locks = [await acquireLock(newPath()), await acquireLock(newPath())];
    for (const lock of locks) await lock.release();
  });

  it('is free at once when its owner is killed', async () => {
    const path = newPath();
    const script = `const { acquireLock } = await import(${JSON.stringify(pathToFileURL(join(distFolder, 'lock.js')).href)});
      await acquireLock(${JSON.stringify(path)}); console.log('held'); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(owner.stdout, 'data');
    let waited = false;
    const mine = acquireLock(path, {
      retryMs: 5,
      onWait: () => {
        waited = true;
        owner.kill('SIGKILL');
      },
    });
    await (await mine).release();
    expect(waited).toBe(true);
  });

  it('gives up when told to', async () => {
    const path = newPath();
    const held = await acquireLock(path);
    const stop = new AbortController();
    const waiting = acquireLock(path, { signal: stop.signal, onWait: () => setTimeout(() => stop.abort()) });
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await held.release();
  });
});
