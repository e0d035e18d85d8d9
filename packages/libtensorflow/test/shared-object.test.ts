import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSharedObject, sha256File } from '../src/shared-object.js';
import { makeSharedObject } from './fixtures/shared-object-fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libtensorflow-so-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function save(bytes: Buffer): Promise<string> {
  const path = join(folder, 'library.so');
  await writeFile(path, bytes);
  return path;
}

describe('checkSharedObject', () => {
  const whole = makeSharedObject('code');

  it('takes a whole library', async () => {
    await expect(checkSharedObject(await save(whole))).resolves.toBeUndefined();
  });

  it('refuses one that is cut short by a single byte', async () => {
    await expect(checkSharedObject(await save(whole.subarray(0, -1)))).rejects.toThrow(/cut short/);
  });

  it.each([
    ['text', () => Buffer.from('not a library at all'.repeat(10))],
    ['nothing', () => Buffer.alloc(0)],
    ['another processor', () => Buffer.concat([whole.subarray(0, 18), Buffer.from([183, 0]), whole.subarray(20)])],
    ['a program', () => Buffer.concat([whole.subarray(0, 16), Buffer.from([2, 0]), whole.subarray(18)])],
  ])('refuses %s', async (_, make) => {
    await expect(checkSharedObject(await save(make()))).rejects.toMatchObject({ code: 'LIBRARY_INVALID' });
  });
});

describe('sha256File', () => {
  it('agrees with the published test vector', async () => {
    expect(await sha256File(await save(Buffer.from('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
