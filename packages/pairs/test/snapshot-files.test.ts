import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  assertNoLeak,
  buildSnapshotInMemory,
  createSnapshot,
  type EventSource,
  PART_NAMES,
  type PairSettingsInput,
  readSnapshot,
} from '../src/index.js';
import { batch, type Short } from './event-fixture.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kindred-pairs-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const TYPES = ['view', 'purchase', 'dislike', 'impression', 'rating'];
const EVENTS: Short[] = Array.from({ length: 300 }, (_, k) => [
  `user ${(k * 7) % 13}`,
  k > 290 ? `ß-${k}` : `item ${(k * 11) % 17}`,
  TYPES[k % 5] as string,
  Math.floor(k / 3),
  k % 5 === 4 ? 1 + (k % 4) : undefined,
]);

async function bytesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'base64')));
  return Object.fromEntries(names.map((name, k) => [name, files[k] as string]));
}

describe('createSnapshot and readSnapshot', () => {
  it.each<[string, Short[], PairSettingsInput]>([
    ['time', EVENTS, {}],
    ['last', EVENTS, { split: { kind: 'last' } }],
    ['random, no times', EVENTS.map(([u, i, t, , v]): Short => [u, i, t, undefined, v]), {}],
    ['nothing held out', EVENTS, { split: { validation: { fraction: 0 }, test: { fraction: 0 } } }],
  ])('gives back what was built (%s)', async (_, events, settings) => {
    const manifest = await createSnapshot(batch(...events), settings, dir);
    const read = await readSnapshot(join(dir, manifest.snapshotId));
    const built = await buildSnapshotInMemory(batch(...events), settings);
    expect(read.summary.snapshotId).toBe(built.summary.snapshotId);
    expect(await read.events()).toEqual(await built.events());
    for (const name of PART_NAMES) expect(await read.part(name)).toEqual(await built.part(name));
    await expect(assertNoLeak(read)).resolves.toBeUndefined();
    expect(await readdir(dir)).toEqual([manifest.snapshotId]);
  });

  it('writes the same bytes for the same events in any order and any batches', async () => {
    const one = await createSnapshot(batch(...EVENTS), {}, join(dir, 'one'));
    const shuffled = [...EVENTS].sort(([, a, , , x = 0], [, b, , , y = 0]) => (a < b ? 1 : a > b ? -1 : x - y));
    async function* inBatches(): AsyncGenerator<ReturnType<typeof batch>[0]> {
      for (let k = 0; k < shuffled.length; k += 7) yield batch(...shuffled.slice(k, k + 7))[0] ?? [];
    }
    const other = await createSnapshot(inBatches() satisfies EventSource, { seed: 1, strengths: {} }, join(dir, 'two'));
    expect(other.snapshotId).toBe(one.snapshotId);
    expect(await bytesOf(join(dir, 'two', other.snapshotId))).toEqual(await bytesOf(join(dir, 'one', one.snapshotId)));
  });

  it('gives another id for other settings, other events, another split', async () => {
    const ids = new Set<string>();
    for (const settings of [{}, { halfLifeDays: 30 }, { split: { kind: 'last' } }] as const) {
      ids.add((await buildSnapshotInMemory(batch(...EVENTS), settings)).summary.snapshotId);
    }
    ids.add((await buildSnapshotInMemory(batch(...EVENTS.slice(1)))).summary.snapshotId);
    expect(ids.size).toBe(4);
  });

  it('can be read by any Parquet reader, with names and times', async () => {
    const { snapshotId, counts } = await createSnapshot(batch(...EVENTS), {}, dir);
    const bytes = await readFile(join(dir, snapshotId, 'events.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(counts.events);
    expect(rows[0]).toEqual({
      user_id: 'user 0',
      item_id: 'item 0',
      type: 'view',
      time: new Date('2026-01-01T00:00:00Z'),
      value: null,
      set: 'train',
    });
  });

  it('refuses any damaged, missing or unlisted file', async () => {
    const { snapshotId } = await createSnapshot(batch(...EVENTS), {}, dir);
    const folder = join(dir, snapshotId);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const sound = await readFile(path);
      const damaged = Buffer.from(sound);
      const middle = Math.floor(damaged.length / 2);
      damaged[middle] = (damaged[middle] as number) ^ 1;
      await writeFile(path, damaged);
      if (name !== 'manifest.json')
        await expect(readSnapshot(folder)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      await rm(path);
      const code = name === 'manifest.json' ? 'NOT_FOUND' : 'SNAPSHOT_CORRUPT';
      await expect(readSnapshot(folder)).rejects.toMatchObject({ code });
      await writeFile(path, sound);
    }
    await expect(readSnapshot(folder)).resolves.toBeDefined();
  });

  it('refuses a manifest that was changed or cut', async () => {
    const { snapshotId } = await createSnapshot(batch(...EVENTS), {}, dir);
    const path = join(dir, snapshotId, 'manifest.json');
    const text = await readFile(path, 'utf8');
    const changes = [
      text.replace('"halfLifeDays": 60', '"halfLifeDays": 61'),
      text.replace('"formatVersion": 1', '"formatVersion": 2'),
      text.replace('select.items.parquet', 'select.items.csv'),
      text.replace('"counts"', '"tallies"'),
      text.slice(0, -20),
      'null',
    ];
    for (const changed of changes) {
      expect(changed).not.toBe(text);
      await writeFile(path, changed);
      await expect(readSnapshot(join(dir, snapshotId))).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    }
  });

  it('keeps a sound snapshot that is there, replaces a damaged one, and leaves nothing behind', async () => {
    const first = await createSnapshot(batch(...EVENTS), {}, dir);
    const path = join(dir, first.snapshotId, 'select.items.parquet');
    const sound = await readFile(path);
    await writeFile(path, 'damaged');
    const second = await createSnapshot(batch(...EVENTS), {}, dir);
    expect(second).toEqual(first);
    expect((await readFile(path)).equals(sound)).toBe(true);
    expect(await createSnapshot(batch(...EVENTS), {}, dir)).toEqual(first);
    expect(await readdir(dir)).toEqual([first.snapshotId]);
    expect(await readdir(join(dir, first.snapshotId))).not.toContain('damaged');
  });

  it('leaves nothing behind when a part can not be built', async () => {
    await expect(createSnapshot(batch(['u', 'a', 'dislike', 0]), {}, dir)).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
    expect(await readdir(dir)).toEqual([]);
  });

  it('refuses events that ingest would have refused', async () => {
    const good: Short = ['u', 'a', 'view', 0];
    const build = (...events: Short[]) => buildSnapshotInMemory(batch(...events));
    await expect(build()).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(build(good, ['u', 'a', 'view'])).rejects.toMatchObject({ code: 'TIME_MISSING' });
    await expect(build(['u', 'a', 'view', Number.NaN])).rejects.toMatchObject({ code: 'TIME_INVALID' });
    await expect(build(['u', 'a', 'view', 0, Number.POSITIVE_INFINITY])).rejects.toMatchObject({
      code: 'VALUE_INVALID',
    });
    await expect(build(['', 'a', 'view', 0])).rejects.toMatchObject({ code: 'USER_INVALID' });
    await expect(build(['u', 'a\ud800', 'view', 0])).rejects.toMatchObject({ code: 'ITEM_INVALID' });
  });
});
