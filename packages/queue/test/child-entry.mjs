// The other half of run-in-child.test.ts: does what the payload says. Runs the built package.
import { writeFileSync } from 'node:fs';
import { KindredError } from '@kindred/domain';
import { serveChild } from '@kindred/queue/child';

serveChild(async (payload, { signal, progress, log }) => {
  switch (payload.act) {
    case 'double':
      progress({ done: 1, of: 2 });
      log('info', { step: 1 }, 'halfway');
      console.log('printed');
      console.error('muttered');
      return { values: payload.values.map((value) => value * 2), sum: new Float32Array([1.5, 2.5]) };
    case 'refuse':
      throw new KindredError('TRAINING_DEGENERATE', 'the loss is NaN', { field: 'loss' });
    case 'throw':
      throw new TypeError('a plain mistake');
    case 'unsendable':
      return () => 1;
    case 'exit':
      process.stderr.write('the last words\n', () => process.exit(7));
      return await new Promise(() => {});
    case 'reject-later':
      setTimeout(() => Promise.reject(new Error('nobody caught this')), 1);
      return await new Promise(() => setInterval(() => {}, 1000));
    case 'segfault':
      process.kill(process.pid, 'SIGSEGV');
      return await new Promise(() => setInterval(() => {}, 1000));
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return await new Promise(() => setInterval(() => {}, 1000));
    case 'devour': {
      const kept = [];
      for (;;) kept.push(new Array(100_000).fill({}));
    }
    // falls through is impossible: the loop above ends with the process
    case 'heed':
      progress('begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      writeFileSync(payload.file, `stopped: ${signal.reason.message}`);
      throw signal.reason;
    case 'deafen':
      progress('begun');
      for (;;);
    case 'linger':
      progress(process.pid);
      return await new Promise(() => setInterval(() => {}, 1000));
    default:
      return payload;
  }
});
