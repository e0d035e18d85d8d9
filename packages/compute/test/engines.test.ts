import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENGINE_NAMES, type EngineName, type EngineReport } from '../src/engine.js';
import { loadEngine, probeEngines } from '../src/engines.js';
import { probeInChild } from '../src/probe-in-child.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

let reports: EngineReport[];
beforeAll(async () => {
  reports = await probeEngines();
});

describe('loadEngine', () => {
  it('auto takes what the doctor says it takes', async () => {
    const chosen = reports.find((report) => report.chosenByAuto);
    const engine = await loadEngine('auto');
    expect(engine.name).toBe(chosen?.name);
    const product = await engine.matmul(Float32Array.of(2, 3), [1, 2], Float32Array.of(5, 7), [2, 1]);
    expect([...product]).toEqual([31]);
    await engine.dispose();
  });

  it('leaves one engine active; the others refuse until loaded again', async () => {
    const cpu = await loadEngine('cpu');
    const wasm = await loadEngine('wasm');
    const one = Float32Array.of(1);
    await expect(cpu.matmul(one, [1, 1], one, [1, 1])).rejects.toMatchObject({ code: 'ENGINE_INACTIVE' });
    expect(() => cpu.scope(() => 1)).toThrow(expect.objectContaining({ code: 'ENGINE_INACTIVE' }));
    expect(wasm.scope(() => 1)).toBe(1);
    const again = await loadEngine('cpu');
    expect([...(await again.matmul(one, [1, 1], one, [1, 1]))]).toEqual([1]);
  });

  it('an engine that was disposed can be loaded again', async () => {
    const first = await loadEngine('wasm');
    await first.dispose();
    expect(() => first.scope(() => 1)).toThrow(expect.objectContaining({ code: 'ENGINE_INACTIVE' }));
    const second = await loadEngine('wasm');
    const one = Float32Array.of(2);
    expect([...(await second.matmul(one, [1, 1], one, [1, 1]))]).toEqual([4]);
    // A handle of before may not take the sessions of the one in use.
    await first.dispose();
    expect([...(await second.matmul(one, [1, 1], one, [1, 1]))]).toEqual([4]);
  });

  it('names the nearest engine for a mistyped one, and refuses odd thread counts', async () => {
    await expect(loadEngine('tensorflw' as EngineName)).rejects.toMatchObject({
      code: 'SETTING_UNKNOWN',
      message: expect.stringContaining('did you mean tensorflow?'),
    });
    for (const threads of [0, 1.5, Number.NaN, 5000]) {
      await expect(loadEngine('cpu', { threads })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });
});

describe('probeEngines', () => {
  it('reports every engine, and the way out for those that are not there', () => {
    expect(reports.map((report) => report.name)).toEqual([...ENGINE_NAMES]);
    expect(reports.filter((report) => report.chosenByAuto)).toHaveLength(1);
    for (const name of ['wasm', 'cpu']) expect(reports.find((report) => report.name === name)?.available).toBe(true);
    for (const report of reports.filter(({ available }) => !available)) {
      expect(report.why).toBeTruthy();
      expect(report.remedy).toBeTruthy();
    }
  });

  it('survives a library that ends the process, and says how it ended', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'kindred-probe-'));
    const killer = path.join(folder, 'killer.cjs');
    writeFileSync(killer, "process.kill(process.pid, 'SIGBUS');");
    vi.stubEnv('NODE_OPTIONS', `--require ${killer}`);
    const result = await probeInChild('wasm');
    rmSync(folder, { recursive: true });
    expect(result.available).toBe(false);
    expect(result.why).toContain('SIGBUS');
  });
});

describe('a tensor scope', () => {
  it('keeps what it returns, in arrays and objects, and releases the rest', async () => {
    const engine = await loadEngine('cpu');
    const { tf } = engine;
    const before = engine.tensorCount();
    const result = engine.scope(() => {
      const kept = tf.tensor1d([1]);
      tf.tensor1d([2]);
      return { list: [kept], more: { sum: tf.add(kept, 1) }, number: 3 };
    });
    expect(engine.tensorCount()).toBe(before + 2);
    expect([...(await engine.read(result.more.sum))]).toEqual([2]);
    tf.dispose(result as never);
    expect(engine.tensorCount()).toBe(before);
  });

  it('releases everything when its body fails, at once or later', async () => {
    const engine = await loadEngine('cpu');
    const before = engine.tensorCount();
    const fail = () => {
      engine.tf.tensor1d([1]);
      throw new Error('on purpose');
    };
    expect(() => engine.scope(fail)).toThrow('on purpose');
    await expect(engine.scope(async () => fail())).rejects.toThrow('on purpose');
    expect(engine.tensorCount()).toBe(before);
  });

  it('reports a tensor that outlives it', async () => {
    const engine = await loadEngine('cpu');
    const { tf } = engine;
    const held = tf.tensor1d([0]);
    const leak = () => {
      tf.keep(tf.tensor1d([1]));
      return held;
    };
    expect(() => engine.scope(leak)).toThrow(expect.objectContaining({ code: 'TENSOR_LEAK' }));
    expect(engine.scope(() => held)).toBe(held);
  });

  it('refuses to interleave with another', async () => {
    const engine = await loadEngine('cpu');
    const first = engine.scope(() => new Promise<void>((resolve) => setTimeout(resolve, 1)));
    const second = engine.scope(() => new Promise<void>((resolve) => setTimeout(resolve, 50)));
    await expect(first).rejects.toMatchObject({ code: 'TENSOR_LEAK' });
    await second;
    expect(engine.scope(() => 1)).toBe(1);
  });
});
