import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeAbandoned, withTemporaryFolder } from '../src/library-cache.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libtensorflow-cache-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('temporary folders of the cache', () => {
  it('are gone however the work ends', async () => {
    expect(await withTemporaryFolder(folder, (temporary) => readdir(temporary))).toEqual([]);
    await expect(withTemporaryFolder(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });

  it('of killed set-ups are removed after a day, and nothing else is', async () => {
    for (const name of ['tmp-old', 'tmp-new', 'libraries']) await mkdir(join(folder, name));
    const now = Date.UTC(2030, 0, 3);
    for (const name of ['tmp-old', 'libraries'])
      await utimes(join(folder, name), new Date(now - 25 * 3600e3), new Date(now - 25 * 3600e3));
    await utimes(join(folder, 'tmp-new'), new Date(now - 3600e3), new Date(now - 3600e3));
    await removeAbandoned(folder, now);
    expect((await readdir(folder)).sort()).toEqual(['libraries', 'tmp-new']);
  });
});
