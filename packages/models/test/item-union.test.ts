import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { matrixFromTriples } from '@kindred/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  additionsOf,
  isJoined,
  loadArtefact,
  type ModelArtefact,
  OWN_ITEMS_LEAD,
  saveArtefact,
  vectorShareOf,
} from '../src/index.js';
import { prepare, randomData, vocabularyOf } from './learned-fixture.js';

async function artefactOf(changes: Partial<ModelArtefact>): Promise<ModelArtefact> {
  const data = randomData(9, 6, 'union');
  const run = await prepare('inductive', data, { dimensions: 4, temperature: 0.2, userTable: 'on' });
  return { ...run.artefact(vocabularyOf(data)), ...changes };
}

// Item 0 speaks for 2 (by 3) and against 4 (by 1); item 1 for 2 (by 1) and 3 (by 2).
const weights = matrixFromTriples(
  6,
  6,
  Uint32Array.of(0, 0, 1, 1),
  Uint32Array.of(2, 4, 2, 3),
  Float32Array.of(3, -1, 1, 2),
);
const union = { name: 'ease', weights, share: 0.5, vectorShare: 1 };

describe('additionsOf', () => {
  it('sums the rows of the history, the best item at the share, and leaves its scratch clean', async () => {
    const artefact = await artefactOf({ union });
    const sums = new Float64Array(6);
    const found = additionsOf(artefact, Uint32Array.of(0, 1), Float32Array.of(2, 1), sums);
    // Two items are trusted by sqrt(2 / (2 + k)), k = 3.
    const trust = Math.sqrt(2 / 5);
    expect(Object.fromEntries(found.positions.map((position, k) => [position, found.values[k]]))).toEqual({
      2: expect.closeTo(0.5 * trust, 6), // 4 of 4
      3: expect.closeTo(0.25 * trust, 6), // 2 of 4
      4: expect.closeTo(-0.125 * trust, 6), // -1 of 4
    });
    expect([...sums]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('leaves out what was rejected, and says nothing where nothing speaks for an item', async () => {
    const artefact = await artefactOf({ union });
    const of = (items: number[], strengths: number[]) =>
      additionsOf(artefact, Uint32Array.from(items), Float32Array.from(strengths), new Float64Array(6)).positions;
    expect(of([0, 1], [-1, 1]).sort()).toEqual([2, 3]);
    expect(of([5], [1])).toEqual([]);
    expect(of([], [])).toEqual([]);
  });

  it('puts own items first, by the log of their strength', async () => {
    const artefact = await artefactOf({ ownItemsFirst: { strengthWeight: 2 } });
    const { positions, values } = additionsOf(
      artefact,
      Uint32Array.of(3, 1, 5),
      Float32Array.of(Math.E, 1, -1),
      new Float64Array(6),
    );
    expect(positions).toEqual([3, 1]);
    expect(values[0]).toBeCloseTo(OWN_ITEMS_LEAD + 0.2 * 2, 6);
    expect(values[1]).toBe(OWN_ITEMS_LEAD);
    expect([isJoined(artefact), vectorShareOf(artefact)]).toEqual([true, 1]);
  });
});

describe('files', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'kindred-union-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('keep what joins the vectors, and the bases of users', async () => {
    const artefact = await artefactOf({ union, ownItemsFirst: { strengthWeight: 4 } });
    await saveArtefact(dir, artefact);
    const loaded = await loadArtefact(dir);
    expect(loaded.union).toEqual(union);
    expect(loaded.ownItemsFirst).toEqual({ strengthWeight: 4 });
    expect(loaded.userBases).toEqual(artefact.userBases);
    expect(isJoined({ ...loaded, union: undefined, ownItemsFirst: undefined })).toBe(false);
  });

  it('refuse weights that do not fit the items', async () => {
    await saveArtefact(
      dir,
      await artefactOf({ union: { ...union, weights: { ...weights, offsets: new Uint32Array(3) } } }),
    );
    await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await writeFile(path.join(dir, 'artefact.json'), (await readFile(path.join(dir, 'artefact.json'))).subarray(0, 40));
    await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });
});
