import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { TensorflowSetupError } from './errors.js';

export interface Lock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Called once, when another process holds the lock. */
  readonly onWait?: () => void;
  readonly retryMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until this process alone works on `path` on this machine. The lock is a listening socket in Linux's abstract
 * namespace: the kernel drops it with its owner however that ends, so no lock is ever left behind.
 * Where sockets are forbidden it gives a lock that keeps nobody out: what it guards is moved into place by renames,
 * so two set-ups at once then cost time, not soundness.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const name = `\0tfjs-libtensorflow-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  let waited = false;
  for (;;) {
    const held = await listen(name);
    if (held !== 'taken') return held;
    if (!waited) options.onWait?.();
    waited = true;
    await pause(options.retryMs ?? 250, options.signal);
  }
}

function listen(name: string): Promise<Lock | 'taken'> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRINUSE' ? 'taken' : { release: () => Promise.resolve() });
    });
    server.listen(name, () => {
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new TensorflowSetupError('INTERRUPTED', 'stopped while waiting for another set-up'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
