import type { Engine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { getMethod, type LearnedMethod, type ModelArtefact } from '@kindred/models';
import { describe, expect, it } from 'vitest';
import { inspectGeneration } from '../src/generation-guard.js';
import type { CurvePoint } from '../src/index.js';
import { trainModel } from '../src/index.js';
import { clusters, logOf, referenceEngine, requestFor } from './fixture.js';

type Health = NonNullable<CurvePoint['generation']>;

const HEALTHY: Health = {
  discriminatorLoss: 1.2,
  generatorLoss: 0.9,
  made: { items: 200, gini: 0.4, overlap: 0.1 },
  real: { items: 300, gini: 0.3, overlap: 0.05 },
  turnover: 0.2,
};
const COLLAPSED: Health = { ...HEALTHY, made: { items: 11, gini: 0.1, overlap: 0.95 } };
const OSCILLATING: Health = { ...HEALTHY, turnover: 0.97 };

function curveOf(healths: readonly (Health | undefined)[]): CurvePoint[] {
  return healths.map((generation, k) => ({
    epoch: k + 1,
    loss: 1,
    meanCosine: 0,
    effectiveDimensions: 9,
    seconds: k,
    ...(generation && { generation }),
  }));
}
const inspect = (...healths: (Health | undefined)[]) => inspectGeneration(curveOf(healths));
const degenerate = (message: RegExp) =>
  expect.objectContaining({ code: 'TRAINING_DEGENERATE', message: expect.stringMatching(message) });

describe('a generator', () => {
  it('that is healthy, or that is not looked at, goes on', () => {
    inspect(...Array.from({ length: 20 }, () => HEALTHY));
    inspect(undefined, undefined);
    inspectGeneration([]);
  });

  it('that makes the same for everybody is stopped, after some epochs in a row', () => {
    expect(() => inspect(HEALTHY, COLLAPSED, COLLAPSED, COLLAPSED)).toThrow(
      degenerate(/after epoch 4: it collapsed: .* share 95 % .* and 5 % .*; 11 distinct items, really 300/),
    );
    inspect(COLLAPSED, COLLAPSED, HEALTHY, COLLAPSED, COLLAPSED);
  });

  it('may make the same for everybody where everybody has the same', () => {
    const alike = { ...COLLAPSED, real: { ...COLLAPSED.real, overlap: 0.8 } };
    inspect(alike, alike, alike, alike);
  });

  it('that makes something else in every epoch is stopped', () => {
    const [once, healthy] = [OSCILLATING, HEALTHY];
    expect(() => inspect(once, once, once, once, once)).toThrow(degenerate(/it oscillates: 97 %/));
    inspect(once, once, once, once, healthy, once, once);
  });

  it('whose losses are no numbers is stopped at once', () => {
    expect(() => inspect({ ...HEALTHY, discriminatorLoss: Number.NaN })).toThrow(degenerate(/discriminator is NaN/));
    expect(() => inspect({ ...HEALTHY, generatorLoss: Number.POSITIVE_INFINITY })).toThrow(degenerate(/is Infinity/));
  });
});

const log = clusters({ users: 60, items: 40, clusters: 4 });

describe('a training against a discriminator', () => {
  const settings = { dimensions: 8, epochs: 4, batchSize: 30 };

  it('keeps what it makes in the curve, the same where it was interrupted', async () => {
    const { curve } = await trainModel(await requestFor(log, { method: 'conditional-gan', settings }));
    for (const { generation } of curve) {
      expect(generation?.discriminatorLoss).toBeGreaterThan(0);
      expect(generation?.made.items).toBeGreaterThan(10);
    }
    expect(curve.map(({ generation }) => generation?.turnover === undefined)).toEqual([true, false, false, false]);
  });

  it('has no losses of a discriminator where there is none', async () => {
    const given = { ...settings, adversarialWeight: 0 };
    const { curve } = await trainModel(await requestFor(log, { method: 'conditional-gan', settings: given }));
    expect(curve.map(({ generation }) => generation?.discriminatorLoss)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('does not depend on whether anybody looks at what it makes', async () => {
    const method = getMethod('conditional-gan');
    const unseen = {
      ...method,
      async prepare(context: Parameters<typeof method.prepare>[0]) {
        const run = await method.prepare(context);
        return new Proxy(run, {
          get: (target, name) => {
            const value: unknown = name === 'generation' ? undefined : Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    };
    const seen = await trainModel(await requestFor(log, { method: 'conditional-gan', settings }));
    const other = await trainModel(await requestFor(log, { method: unseen, settings }));
    expect(other.artefact).toEqual(seen.artefact);
    expect(other.curve[0]?.generation).toBeUndefined();
  });
});

describe('a training whose generator', () => {
  const [users, items, unknown] = [60, 190, 10];
  const random = new Random(5, 'six items');
  const pairs = Array.from({ length: users }, (_, user) =>
    Array.from(random.sample(items, 6), (item): [number, number] => [user, item]),
  ).flat();
  /** Of each user one item is known and five are not, so that all lists are as long; the last ten items are nobody's. */
  const even = logOf(users, items + unknown, pairs, []);
  const settings = { dimensions: 8, epochs: 9, batchSize: 60, adversarialWeight: 0, noise: 0, conditionItems: 1 };
  const trained = async (method: LearnedMethod | string) =>
    trainModel(await requestFor(even, { method, settings, validation: undefined }));

  /** A method whose model has other item vectors than it learned. @param cells their numbers, by row, at a look */
  function withItemVectors(cells: (width: number, look: number) => (k: number) => number): LearnedMethod {
    const method = getMethod('conditional-gan');
    let looks = 0;
    const broken = (artefact: ModelArtefact): ModelArtefact => {
      const cell = cells(artefact.itemVectors.length / artefact.items.length, looks++);
      return { ...artefact, itemVectors: artefact.itemVectors.map((_, k) => cell(k)) };
    };
    return {
      ...method,
      async prepare(context) {
        const run = await method.prepare(context);
        const artefact: typeof run.artefact = (vocabulary) => broken(run.artefact(vocabulary));
        return new Proxy(run, {
          get: (target, name) => {
            const value: unknown = name === 'artefact' ? artefact : Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    };
  }

  it('makes the same for everybody is stopped, with the reason', async () => {
    // What is added for everybody alike stands in the last column: the items that nobody has come first.
    const alike = withItemVectors((width) => (k) => (k % width === width - 1 && k / width > items ? 5 : 0));
    await expect(trained(alike)).rejects.toThrow(
      degenerate(/after epoch 3: it collapsed: different people share 100 % of what is made for them, and \d %/),
    );
  });

  it('makes something else in every epoch is stopped, with the reason', async () => {
    const otherEachTime = withItemVectors((width, look) => {
      const random = new Random(look, 'item vectors');
      return (k) => (k % width === width - 1 ? 0 : random.normal());
    });
    await expect(trained(otherEachTime)).rejects.toThrow(
      degenerate(/after epoch 6: it oscillates: \d+ % of what is made for the same people/),
    );
  });

  it('does neither goes on to the end', async () => {
    expect((await trained('conditional-gan')).epochsRun).toBe(9);
  });
});

/** The first gradient that is read is no number: of a discriminator that of its own first layer, which moves first. */
async function poisoned(): Promise<Engine> {
  const engine = await referenceEngine();
  let isRead = false;
  const read: Engine['read'] = async (tensor, out) => {
    const values = await engine.read(tensor, out);
    if (tensor.rank === 0 || isRead) return values;
    isRead = true;
    return values.fill(Number.NaN);
  };
  return new Proxy(engine, {
    get: (target, name) => {
      const value: unknown = name === 'read' ? read : Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

it.each([
  ...['autoencoder', 'dae', 'sparse-autoencoder', 'mult-vae'],
  ...['gan', 'conditional-gan', 'wgan-gp', 'cfgan', 'ganmf'],
])('%s is stopped with the reason as soon as a number of it is none', async (method) => {
  const settings = { dimensions: 4, epochs: 2, batchSize: 30 };
  const request = await requestFor(log, { method, settings, engine: await poisoned(), validation: undefined });
  await expect(trainModel(request)).rejects.toThrow(degenerate(/^the loss became NaN in step [12] of epoch 1$/));
});
