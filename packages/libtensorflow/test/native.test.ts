import { readFile, rm, truncate } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultCacheDirectory } from '../src/arguments.js';
import { checkTensorflow } from '../src/check.js';
import { findLibraries, releaseId } from '../src/library-cache.js';
import { runProcess } from '../src/processes.js';
import { RELEASES, type Release } from '../src/releases.js';
import { runProbe } from '../src/run-probe.js';
import { type SetupReport, setUpTensorflow } from '../src/set-up.js';
import { findPlacement, placedAddonPath } from '../src/tfjs-package.js';
import { copyRealProject, fingerprint } from './fixtures/project-fixture.js';

// These run the real library where an earlier set-up left one in this user's cache; they never fetch one.
const env = process.env;
const cacheDirectory = defaultCacheDirectory(env);
const release = await findCachedRelease();
const project = release === undefined ? undefined : await copyRealProject();
if (project === undefined)
  process.stderr.write('skipped: native TensorFlow is not in the cache; run npm run setup:tensorflow\n');

async function findCachedRelease(): Promise<Release | undefined> {
  for (const candidate of RELEASES.filter(({ device }) => device === 'cpu')) {
    if ((await findLibraries(cacheDirectory, releaseId(candidate), { verify: false })) !== undefined) return candidate;
  }
  return undefined;
}

afterAll(() => project?.remove());

describe.runIf(project !== undefined)('native TensorFlow', () => {
  const { root, packageDirectory } = project ?? { root: '', packageDirectory: '' };
  const options = { root, cacheDirectory, env, tensorflow: release?.tensorflow, client: release?.archive.client };
  let done: SetupReport;

  beforeAll(async () => {
    done = await setUpTensorflow(options);
  });

  it('is set up out of the cache', () => {
    expect(done).toMatchObject({
      tensorflow: release?.tensorflow,
      device: 'cpu',
      reused: { libraries: true, placement: false },
    });
  });

  it('computes the right numbers', async () => {
    const script = fileURLToPath(new URL('./fixtures/operations.cjs', import.meta.url));
    const outcome = await runProcess(process.execPath, [script, packageDirectory], {
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' },
    });
    expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0 });
    const { version, backend, results } = JSON.parse(outcome.stdout);
    expect({ version, backend }).toEqual({ version: release?.tensorflow, backend: 'tensorflow' });
    expect(Object.keys(results).sort()).toEqual(Object.keys(EXPECTED).sort());
    for (const [name, expected] of Object.entries(EXPECTED)) expectClose(name, results[name], expected);
  });

  it('has nothing left to do the second time, nor needs anything but Node', async () => {
    const before = await fingerprint(packageDirectory);
    const again = await setUpTensorflow({ ...options, env: { PATH: '/nonexistent' } });
    expect(again.reused).toEqual({ libraries: true, addon: true, placement: true });
    expect(await fingerprint(packageDirectory)).toBe(before);
  });

  it('is renewed after npm ci without a compiler', async () => {
    for (const name of ['deps', 'lib']) await rm(join(packageDirectory, name), { recursive: true });
    const again = await setUpTensorflow({ ...options, env: { PATH: '/nonexistent' } });
    expect(again.reused).toEqual({ libraries: true, addon: true, placement: false });
  });

  it('is reported as ready', async () => {
    const state = await checkTensorflow({ root, cacheDirectory, env });
    expect(state).toMatchObject({ ready: true, running: { tensorflow: release?.tensorflow } });
  });

  it('heals an addon that was cut short, and says before that what is wrong', async () => {
    const placed = placedAddonPath(done.package);
    const whole = await readFile(placed);
    await truncate(placed, 30_000);
    expect(await findPlacement(done.package)).toBeUndefined();
    await expect(runProbe(done.package, { env })).rejects.toMatchObject({ code: 'PROBE_FAILED' });
    expect((await checkTensorflow({ root, cacheDirectory, env })).ready).toBe(false);
    await setUpTensorflow({ ...options, env: { PATH: '/nonexistent' } });
    expect((await readFile(placed)).equals(whole)).toBe(true);
  });

  it('is found by a plain require in the project', async () => {
    expect(createRequire(join(root, 'package.json')).resolve('@tensorflow/tfjs-node-gpu')).toBe(
      join(packageDirectory, 'dist', 'index.js'),
    );
  });
});

function expectClose(name: string, actual: unknown[], expected: readonly (number | string)[]): void {
  expect(actual, name).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    if (typeof value === 'number') expect(actual[index], `${name}[${index}]`).toBeCloseTo(value, 4);
    else expect(actual[index], `${name}[${index}]`).toBe(value);
  });
}

type Matrix = readonly (readonly number[])[];

const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, x, k) => sum + x * (b[k]?.[j] ?? Number.NaN), 0)));
const transpose = (a: Matrix): Matrix => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? Number.NaN));
const logSumExp = (row: readonly number[]) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
const softmax = (row: readonly number[]) => row.map((x) => Math.exp(x - logSumExp(row)));

const A: Matrix = [
  [1, -2, 3],
  [0.5, 4, -1],
];
const B: Matrix = [
  [2, 0],
  [1, -1],
  [0.5, 3],
];
const USERS: Matrix = [
  [0.3, -0.7],
  [0.9, 0.1],
  [-0.4, 0.8],
];
const ITEMS: Matrix = [
  [0.5, 0.2],
  [-0.6, 0.4],
  [0.7, -0.9],
];

// Loss = mean over i of logSumExp(S_i) - S_ii with S = U Vᵀ, so dLoss/dS = (softmax(S) - I) / 3.
const SCORES = multiply(USERS, transpose(ITEMS));
const SCORE_GRADIENT = SCORES.map((row, i) => softmax(row).map((p, j) => (p - (i === j ? 1 : 0)) / 3));

// Kingma and Ba 2015 on (w - target)², rate .1, as published.
function adamTowards(target: number, start: number, steps: number): number {
  let [w, m, v] = [start, 0, 0];
  for (let t = 1; t <= steps; t++) {
    const gradient = 2 * (w - target);
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient ** 2;
    w -= (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-7);
  }
  return w;
}

const EXPECTED: Readonly<Record<string, readonly (number | string)[]>> = {
  matMul: multiply(A, B).flat(),
  matMulTransposed: multiply(transpose(B), transpose(A)).flat(),
  softmax: A.flatMap(softmax),
  logSumExp: A.map(logSumExp),
  gather: [5, 6, 1, 2, 5, 6],
  unsortedSegmentSum: [3, 4, 6, 8],
  sqrt: [0.5, 1, 2, 3],
  rsqrt: [2, 1, 0.5, 1 / 3],
  sumRows: [2, 3.5],
  meanColumns: [0.75, 1, 1],
  max: [3, 4],
  argMax: [2, 1],
  concat: [1, -2, 3, 1, 3, 5, 0.5, 4, -1, 2, 4, 6],
  slice: [-2, 3, 4, -1],
  where: [1, 0, 3, 0.5, 4, 0],
  oneHot: [0, 1, 0, 1, 0, 0],
  topkValues: [3, 1, 4, 0.5],
  topkIndices: [2, 0, 1, 0],
  conv1d: [21, 32, 43],
  integers: [2147483001, -3],
  strings: ['', 'ä', 'x'.repeat(100)],
  contrast: [SCORES.reduce((sum, row, i) => sum + logSumExp(row) - (row[i] ?? Number.NaN), 0) / 3],
  contrastUserGradient: multiply(SCORE_GRADIENT, ITEMS).flat(),
  contrastItemGradient: multiply(transpose(SCORE_GRADIENT), USERS).flat(),
  adam: [adamTowards(2, 5, 20)],
};
