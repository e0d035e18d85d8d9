import { emptyMatrix } from '@kindred/domain';
import type { ModelArtefact } from '@kindred/models';
import type { PseudoItemSource } from '@kindred/models/artefact';
import { describe, expect, it } from 'vitest';
import { chooseAugmentation, createPseudoItemSource, trainModel } from '../src/index.js';
import { clusters, type Log, referenceEngine, requestFor } from './fixture.js';

const log = clusters({ users: 120, items: 45, clusters: 3 });

async function sourceOf(name: string, { data, vocabulary }: Log = log): Promise<PseudoItemSource> {
  return createPseudoItemSource(name, { data, vocabulary, engine: await referenceEngine(), seed: 1 });
}

async function choose(
  artefact: ModelArtefact,
  sources: Readonly<Record<string, PseudoItemSource>>,
  changes: Partial<Parameters<typeof chooseAugmentation>[0]> = {},
) {
  const engine = await referenceEngine();
  const { data, heldOut: validation } = log;
  return chooseAugmentation({ artefact, data, validation, sources, mask: 'seen', engine, seed: 1, ...changes });
}

/** Every item points somewhere of its own: nothing is known of what goes together, but each finds itself. */
async function blindArtefact(): Promise<ModelArtefact> {
  const { artefact } = await trainModel(await requestFor(log, { epochs: 1 }));
  const { dimensions, items } = artefact;
  const width = dimensions - 1;
  const angle = (item: number, c: number) => Math.sin((item + 1) * (c + 1) * 12.9898 + item * c);
  const contextVectors = Float32Array.from({ length: items.length * width }, (_, k) =>
    angle(Math.floor(k / width), k % width),
  );
  const itemVectors = Float32Array.from({ length: items.length * dimensions }, (_, k) => {
    const c = k % dimensions;
    return c === width ? 0 : (contextVectors[Math.floor(k / dimensions) * width + c] as number);
  });
  return { ...artefact, itemVectors, encoder: { ...artefact.encoder, contextVectors } };
}

describe('chooseAugmentation', () => {
  it('takes what knows more than the model, and says what it gained', async () => {
    const chosen = await choose(await blindArtefact(), { neighbours: await sourceOf('neighbours') });
    expect(chosen?.augmentation?.source).toBe('neighbours');
    const [arm] = chosen?.arms ?? [];
    expect(arm?.difference).toBeGreaterThan(0.1);
    expect(arm?.difference).toBeCloseTo((arm?.ndcg ?? 0) - (arm?.without ?? 0), 10);
    expect(arm?.interval[0]).toBeGreaterThan(0);
    expect(chosen?.because).toMatch(/items by neighbours of weight .* join short histories: NDCG@20/);
    expect(chosen?.users).toBe(52);
  });

  it('switches off what does not help, and what is asked for stays', async () => {
    const { artefact } = await trainModel(await requestFor(log));
    const wrong = wrongGenerator(artefact);
    const left = await choose(artefact, { wrong });
    expect(left?.augmentation).toBeUndefined();
    expect(left?.arms[0]?.difference).toBeLessThan(0);
    expect(left?.because).toMatch(/^short histories stay as they are: .* not better beyond chance$/);
    const asked = await choose(artefact, { wrong }, { asked: 'wrong' });
    expect(asked?.augmentation).toMatchObject({ source: 'wrong' });
    expect(asked?.because).toMatch(/asked for though it is not better/);
  });

  it('prefers what asks for least among sources that are level', async () => {
    const neighbours = await sourceOf('neighbours');
    const chosen = await choose(await blindArtefact(), { first: neighbours, second: { ...neighbours } });
    expect(chosen?.arms.map(({ difference }) => difference)[0]).toBe(chosen?.arms[1]?.difference);
    expect(chosen?.augmentation?.source).toBe('first');
  });

  it('is the same twice, and asks nobody where nothing is held out', async () => {
    const artefact = await blindArtefact();
    const sources = { self: await sourceOf('self'), dae: await sourceOf('dae') };
    expect(await choose(artefact, sources)).toEqual(await choose(artefact, sources));
    const { items, unknownItems } = log.heldOut;
    const empty = { items: emptyMatrix(items.rowCount, items.columnCount), unknownItems };
    expect(await choose(artefact, sources, { validation: empty })).toBeUndefined();
  });
});

describe('createPseudoItemSource', () => {
  it('is the model itself, the users alike, or a method that is trained for it', async () => {
    expect(await sourceOf('self')).toEqual({ kind: 'self' });
    expect(await sourceOf('neighbours')).toMatchObject({ kind: 'neighbours', neighbours: 20 });
    const generated = await sourceOf('dae');
    expect(generated).toMatchObject({ kind: 'generated', generator: { method: 'dae' } });
    await expect(sourceOf('nobody')).rejects.toMatchObject({ code: 'METHOD_UNKNOWN' });
  });
});

/** Expects of everybody what the users of another cluster have. */
function wrongGenerator({ itemVectors, ...artefact }: ModelArtefact): PseudoItemSource {
  const cluster = 15 * artefact.dimensions;
  const moved = itemVectors.map((_, k) => itemVectors[(k + cluster) % itemVectors.length] as number);
  return { kind: 'generated', generator: { ...artefact, itemVectors: moved } };
}
