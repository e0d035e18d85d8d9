import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { KindredError } from '@kindred/domain';
import { describe, expect, test } from 'vitest';
import {
  describeEnvironment,
  findDefaultDatasets,
  findRepositoryRoot,
  formatDuration,
  parseDuration,
  readConfig,
  VARIABLES,
} from '../src/index.js';

function faultOf(action: () => unknown): KindredError {
  try {
    action();
  } catch (error) {
    if (error instanceof KindredError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('readConfig', () => {
  test('an empty environment gives the documented defaults', () => {
    const config = readConfig({ HOME: '/root' });
    expect(config).toMatchObject({
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: resolve('.kindred'),
      host: '127.0.0.1',
      port: 8080,
      logLevel: 'info',
      engine: 'auto',
      threads: undefined,
      retrainEveryMs: undefined,
      retrainSettings: {},
      shutdownGraceMs: 20_000,
      warnings: [],
    });
  });

  test('reads text into typed values', () => {
    const config = readConfig({
      KINDRED_DATABASE_URL: 'postgres://kindred:s%40fe@db:5432/kindred',
      KINDRED_REDIS_URL: 'rediss://:secret@cache:6380',
      KINDRED_DATA_DIR: '/var/lib/kindred',
      KINDRED_DATASETS: 'sets',
      KINDRED_PORT: '0',
      KINDRED_LOG_LEVEL: 'WARN',
      KINDRED_ENGINE: 'wasm',
      KINDRED_THREADS: '4',
      KINDRED_RETRAIN_EVERY: '24h',
      KINDRED_RETRAIN_SETTINGS: ' {"augment": "auto", "set": {"epochs": 5}} ',
    });
    expect(config.databaseUrl).toBe('postgres://kindred:s%40fe@db:5432/kindred');
    expect(config.redisUrl).toBe('rediss://:secret@cache:6380');
    expect(config.dataDir).toBe('/var/lib/kindred');
    expect(config.datasetsDir).toBe(resolve('sets'));
    expect(config.port).toBe(0);
    expect(config.logLevel).toBe('warn');
    expect(config.threads).toBe(4);
    expect(config.retrainEveryMs).toBe(86_400_000);
    expect(config.retrainSettings).toEqual({ augment: 'auto', set: { epochs: 5 } });
  });

  test('is frozen, warnings and what lies within settings too', () => {
    const config = readConfig({ KINDRED_RETRAIN_SETTINGS: '{"set":{"epochs":5}}' });
    expect(() => Object.assign(config.retrainSettings, { seed: 2 })).toThrow(TypeError);
    expect(() => Object.assign(config.retrainSettings.set as object, { epochs: 6 })).toThrow(TypeError);
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
    expect(Object.isFrozen(config.warnings)).toBe(true);
  });

  test('empty and blank values count as not given', () => {
    expect(readConfig({ KINDRED_PORT: '', KINDRED_REDIS_URL: '  ' })).toMatchObject({
      port: 8080,
      redisUrl: undefined,
    });
  });

  test('lists every fault at once and names the first field', () => {
    const fault = faultOf(() =>
      readConfig({
        KINDRED_DATABASE_URL: 'mysql://x/y',
        KINDRED_PORT: '65536',
        KINDRED_ENGINE: 'tpu',
        KINDRED_HOST: 'ok',
      }),
    );
    expect(fault.code).toBe('CONFIG_INVALID');
    expect(fault.field).toBe('KINDRED_DATABASE_URL');
    expect(fault.message).toContain('KINDRED_DATABASE_URL is not a URL of the form postgres://');
    expect(fault.message).toContain('KINDRED_PORT is not a whole number from 0 to 65535');
    expect(fault.message).toContain('KINDRED_ENGINE is not one of auto, tensorflow, wasm, webgpu, cpu');
    expect(fault.message).not.toContain('KINDRED_HOST');
  });

  test.each([
    ['KINDRED_PORT', '-1'],
    ['KINDRED_PORT', '80.5'],
    ['KINDRED_PORT', '0x50'],
    ['KINDRED_PORT', '1e3'],
    ['KINDRED_THREADS', '0'],
    ['KINDRED_REDIS_URL', 'localhost:6379'],
    ['KINDRED_DATABASE_URL', 'postgres://kindred:a/b@db/kindred'],
    ['KINDRED_LOG_LEVEL', 'loud'],
    ['KINDRED_RETRAIN_EVERY', '10s'],
    ['KINDRED_RETRAIN_EVERY', 'daily'],
    ['KINDRED_RETRAIN_SETTINGS', '{augment:auto}'],
    ['KINDRED_RETRAIN_SETTINGS', '["augment"]'],
    ['KINDRED_RETRAIN_SETTINGS', '"auto"'],
    ['KINDRED_RETRAIN_SETTINGS', 'null'],
    ['KINDRED_SHUTDOWN_GRACE', '20'],
    ['KINDRED_HOST', 'a b'],
    ['KINDRED_DATA_DIR', 'a\0b'],
  ])('%s=%j is refused', (name, value) => {
    expect(faultOf(() => readConfig({ [name]: value })).field).toBe(name);
  });

  test('a flag wins over the environment, and is named in its fault', () => {
    expect(readConfig({ KINDRED_PORT: '1' }, { port: 9000 }).port).toBe(9000);
    expect(readConfig({ KINDRED_PORT: '1' }, { port: undefined }).port).toBe(1);
    const fault = faultOf(() => readConfig({ KINDRED_DATABASE_URL: 'postgres://db/x' }, { databaseUrl: 'db' }));
    expect(fault.field).toBe('--database-url');
  });

  test('does not echo a password of a faulty URL', () => {
    expect(faultOf(() => readConfig({ KINDRED_DATABASE_URL: 'postgre://u:topsecret@db/x' })).message).not.toContain(
      'topsecret',
    );
  });

  test('unknown KINDRED_ names are warned of, with the nearest known one', () => {
    const { warnings } = readConfig({ KINDRED_PROT: '1', KINDRED_ZZZZZZZZZZZZZZZZ: '1', OTHER: '1' });
    expect(warnings).toEqual([
      'KINDRED_PROT is not a setting of Kindred; did you mean KINDRED_PORT?',
      'KINDRED_ZZZZZZZZZZZZZZZZ is not a setting of Kindred',
    ]);
  });

  test('reads the environment of the process by default', () => {
    expect(readConfig().dataDir).toBe(resolve(process.env.KINDRED_DATA_DIR ?? '.kindred'));
  });
});

describe('describeEnvironment', () => {
  test('one row a variable, with a sentence each', () => {
    const { settings } = describeEnvironment({});
    expect(settings.map((row) => row.name)).toEqual(Object.values(VARIABLES).map((variable) => variable.name));
    for (const row of settings) {
      expect(row.description).toMatch(/^[A-Z].*\.$/);
      expect(row.default.length).toBeGreaterThan(0);
      expect(row.source).toBe('default');
    }
  });

  test('hides passwords, says the source, and reports faults instead of throwing', () => {
    const { settings, warnings } = describeEnvironment({
      KINDRED_DATABASE_URL: 'postgres://u:topsecret@db:5432/x',
      KINDRED_PORT: 'many',
      KINDRED_THREAD: '1',
      KINDRED_RETRAIN_SETTINGS: '{ "seed": 2 }',
    });
    const row = (name: string) => settings.find((setting) => setting.name === name);
    expect(row('KINDRED_DATABASE_URL')).toMatchObject({ source: 'environment', value: 'postgres://u:***@db:5432/x' });
    expect(row('KINDRED_RETRAIN_SETTINGS')).toMatchObject({ source: 'environment', value: '{"seed":2}' });
    expect(row('KINDRED_PORT')).toMatchObject({
      source: 'environment',
      value: undefined,
      fault: expect.stringContaining('whole number'),
    });
    expect(warnings).toHaveLength(1);
  });
});

describe('datasets folder', () => {
  test('the repository is found from here, and datasets beside it only when there', () => {
    expect(findRepositoryRoot()).toBe(resolve(import.meta.dirname, '../../..'));
    const parent = mkdtempSync(join(tmpdir(), 'kindred-config-'));
    try {
      const root = join(parent, 'clone');
      mkdirSync(join(root, 'packages'), { recursive: true });
      writeFileSync(join(root, 'package.json'), '{"name":"kindred"}');
      expect(findRepositoryRoot(join(root, 'packages', 'x.js'))).toBe(root);
      expect(findRepositoryRoot(join(parent, 'x.js'))).toBeUndefined();
      expect(findDefaultDatasets(root)).toBeUndefined();
      mkdirSync(join(parent, 'shared', 'datasets'), { recursive: true });
      expect(findDefaultDatasets(root)).toBe(join(parent, 'shared', 'datasets'));
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });
});

test('parseDuration', () => {
  expect(['250ms', '90s', '1.5h', '7d', '24', 'h', '-1s', ''].map(parseDuration)).toEqual([
    250,
    90_000,
    5_400_000,
    604_800_000,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('formatDuration takes the largest unit without a fraction, and parseDuration reads it back', () => {
  const durations = [250, 60_000, 90_000, 3_600_000, 5_400_000, 86_400_000, 604_800_000];
  const written = durations.map(formatDuration);
  expect(written).toEqual(['250ms', '1m', '90s', '1h', '90m', '1d', '7d']);
  expect(written.map(parseDuration)).toEqual(durations);
});
