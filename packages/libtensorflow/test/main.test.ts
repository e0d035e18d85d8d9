import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProcess } from '../src/processes.js';

const main = join(dirname(createRequire(import.meta.url).resolve('@kindred/libtensorflow/probe')), 'main.js');
const run = (...flags: string[]) =>
  runProcess(process.execPath, [main, ...flags], { env: { PATH: '/nonexistent', HOME: '/nonexistent' } });

describe('setup-tensorflow', () => {
  it('prints its help', async () => {
    expect(await run('--help')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('usage: setup-tensorflow'),
    });
  });

  it('ends with 2 for wrong usage, the fault on stderr', async () => {
    const outcome = await run('--from', 'apt');
    expect(outcome).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('USAGE: Wrong usage: --from takes mvn or pip'),
    });
  });

  it('ends with 1 when the package is nowhere, and says what to run', async () => {
    const outcome = await run('--root', '/', '--cache', join(tmpdir(), 'never-made'));
    expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no npm is on PATH') });
  });

  it('reports the state as JSON without touching anything', async () => {
    const outcome = await run('--check', '--json', '--root', '/');
    expect(outcome.exitCode).toBe(1);
    const state = JSON.parse(outcome.stdout);
    expect(state.ready).toBe(false);
    expect(state.ingredients).toContainEqual({ name: 'mvn', found: false, detail: 'not found' });
    expect(state.ingredients).toContainEqual({ name: '@tensorflow/tfjs-node-gpu', found: false, detail: 'not found' });
  });
});
