import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import {
  checkMeaning,
  encodeHistory,
  generatedItems,
  getMethod,
  itemDistribution,
  loadArtefact,
  pseudoItemsOf,
  resolveSettings,
  saveArtefact,
} from '../src/index.js';
import { CONV_WIDTH, servedConv } from './conv-fixture.js';
import { prepare, randomData, referenceEngine } from './learned-fixture.js';

describe('a history through convolutions', () => {
  it('gives a history the vector that training gives it, in whatever order it is told', async () => {
    const data = randomData(9, 8, 'served', true);
    const { generator, artefact } = await servedConv(data, 3);
    const { tf } = await referenceEngine();
    const users = Uint32Array.of(0, 2, 3, 5, 7);
    const batch = generator.draw(users);
    const trained = tf.tidy(() => generator.forward(tf, batch, new Random(7, 'latent')).hidden.arraySync());
    users.forEach((user, row) => {
      const { kept, strengths, times } = generator.profiles.parts(user);
      const order = new Random(row, 'told').shuffle(Uint32Array.from(kept.keys()));
      const told = [
        order.map((k) => kept[k] as number),
        Float32Array.from(order, (k) => 5 * (strengths[k] as number)),
        Float64Array.from(order, (k) => times?.[k] as number),
      ] as const;
      const vector = encodeHistory(artefact, ...told).subarray(0, CONV_WIDTH);
      expect([...vector]).toEqual((trained[row] as number[]).map((x) => expect.closeTo(x, 5)));
    });
  });

  it('reads as many newest items as training did, and guesses that join them as older ones, the likeliest last', async () => {
    const { artefact } = await servedConv(randomData(9, 8, 'guesses', true), 3);
    const vector = (items: number[], strengths: number[], times?: number[], pseudo?: number[]) => {
      const guesses = pseudo && { items: Uint32Array.from(pseudo), weight: 0.5 };
      const order = times && Float64Array.from(times);
      return encodeHistory(artefact, Uint32Array.from(items), Float32Array.from(strengths), order, undefined, guesses);
    };
    expect(vector([4, 1, 2, 6], [1, 1, 1, 1])).toEqual(vector([1, 2, 6], [1, 1, 1]));
    expect(vector([1, 2], [1, 1])).not.toEqual(vector([2, 1], [1, 1]));
    expect(vector([1, 2], [1, 1], [9, 3])).toEqual(vector([2, 1], [1, 1]));
    expect(vector([1, 2, 3], [1, 1, -1], [1, 2, 3])).toEqual(vector([1, 2], [1, 1]));
    for (const times of [undefined, [100, 200], [-5, -3]]) {
      expect(vector([1, 2], [2, 2], times, [5, 3])).toEqual(vector([5, 1, 2], [1, 2, 2]));
      expect(vector([1], [2], times?.slice(1), [5, 3])).toEqual(vector([3, 5, 1], [1, 1, 2]));
    }
  });

  it('expects something else after another order, drawn or not, and so does who asks for pseudo-items', async () => {
    const { artefact } = await servedConv(randomData(9, 8, 'orders', true), 3);
    const told = [Uint32Array.of(1, 2), Float32Array.of(1, 1)] as const;
    const [early, late] = [Float64Array.of(1, 2), Float64Array.of(2, 1)];
    for (const seed of [undefined, 4]) {
      const chances = (times?: Float64Array) => itemDistribution(artefact, ...told, seed, times);
      expect(chances(early)).toEqual(chances());
      expect(chances(early)).not.toEqual(chances(late));
    }
    const source = { kind: 'generated', generator: artefact } as const;
    const augmented = { ...artefact, augmentation: { source, count: 6, weight: 1 } };
    const joins = (times: Float64Array) => pseudoItemsOf(augmented, ...told, () => new Uint32Array(0), times)?.items;
    expect(joins(early)).toEqual(generatedItems(artefact, ...told, 6, early));
    expect(joins(early)).not.toEqual(joins(late));
  });

  it('is the same from files, and refuses files whose convolutions do not fit', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'conv-'));
    try {
      const { artefact } = await servedConv(randomData(9, 8, 'files', true), 5);
      await saveArtefact(dir, artefact);
      expect(await loadArtefact(dir)).toEqual(artefact);
      const file = path.join(dir, 'artefact.json');
      const description = JSON.parse(await readFile(file, 'utf8')) as { encoder: Record<string, unknown> };
      expect(description.encoder.convolution).toEqual({ items: 5, kernels: 3 });
      for (const convolution of [
        { items: 9, kernels: 3 },
        { items: 0, kernels: 3 },
        { items: 2.5, kernels: 3 },
        { items: 5, kernels: 4 },
        { items: 2, kernels: 1 },
        { items: 5 },
        { kernels: 3 },
      ]) {
        await writeFile(file, JSON.stringify({ ...description, encoder: { ...description.encoder, convolution } }));
        await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('settings', () => {
  it('that convolutions can not go with are refused', async () => {
    const data = randomData(5, 4, 'refused');
    const one = prepare('gan', data, { dimensions: 4, body: 'conv', conditionItems: 1 });
    await expect(one).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const { settings } = getMethod('gan');
    const styled = resolveSettings(settings, { body: 'conv', styleWidth: 8 });
    expect(() => checkMeaning(settings, styled)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
