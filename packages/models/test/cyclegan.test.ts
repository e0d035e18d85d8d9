import { type Engine, loadEngine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readCycleGanSettings } from '../src/cyclegan/cyclegan-settings.js';
import { CycleGanTraining } from '../src/cyclegan/cyclegan-training.js';
import { gradientStep } from '../src/cyclegan/gradient-step.js';
import { orthogonalStart } from '../src/cyclegan/mapping-network.js';
import { slicedDistance } from '../src/cyclegan/sliced-distance.js';
import { requireSpread, type VectorSet } from '../src/cyclegan/vector-set.js';
import { fitCycleGan, fitPairedMapping } from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { withoutLosses } from './broken-engine.js';
import { referenceEngine } from './learned-fixture.js';
import { groupsHit, plantedDomains, sharedCoordinates } from './planted-domains.js';

/**
 * What generators.test.ts asks of the generators, of the one that is none of its suite: it maps vectors to vectors, without an
 * artefact or a distribution over items. Its losses one by one are in cyclegan-losses.test.ts, its bytes in other processes and
 * its memory over 2,000 steps in every-method.test.ts.
 */

/** Enough for two dimensions, and seconds on the slowest engine. */
const SMALL = { starts: 1, steps: 100, batchSize: 64, discriminatorHidden: 24, learningRate: 0.02, noise: 0.5 };
/** Enough to come to the identity from anywhere. */
const QUICK = { steps: 60, learningRate: 0.1, batchSize: 32, discriminatorHidden: 8 };
const planted = plantedDomains();
const { source, target, asked, answers } = planted;

describe('fitCycleGan', () => {
  it('turns one domain onto the other by its shape alone, and does not without discriminators', async () => {
    const request = { engine: await referenceEngine(), source, target, seed: 1 };
    const gan = await fitCycleGan({ ...request, settings: SMALL });
    expect(groupsHit(await gan.toTarget(asked.vectors), planted)).toBeGreaterThan(0.95);
    const thereAndBack = await gan.toSource(await gan.toTarget(asked.vectors));
    expect(meanSquare(thereAndBack, asked.vectors)).toBeLessThan(0.1 * meanSquare(asked.vectors));
    // There and back are inverses from the start on: without discriminators nothing moves, however many steps.
    const blind = await fitCycleGan({ ...request, settings: { ...SMALL, steps: 20, adversarialWeight: 0 } });
    expect(groupsHit(await blind.toTarget(asked.vectors), planted)).toBeLessThan(0.7);
  });

  it('keeps the start that ended nearest, and is the same again for the same seed only', async () => {
    const fit = async (seed: number) => {
      const settings = { ...SMALL, steps: 4, starts: 2 };
      return fitCycleGan({ engine: await referenceEngine(), source, target, seed, settings });
    };
    const gan = await fit(1);
    expect(gan.curve.at(-1)?.distance).toBe(Math.min(...(gan.distances as number[])));
    expect(gan.distances.length).toBe(2);
    const again = await fit(1);
    expect(again.curve).toEqual(gan.curve);
    expect(await again.toTarget(asked.vectors)).toEqual(await gan.toTarget(asked.vectors));
    expect((await fit(2)).curve).not.toEqual(gan.curve);
  });

  it('keeps shared coordinates by the identity loss, where shapes alone say something else', async () => {
    const shared = sharedCoordinates();
    const hit = async (identityWeight: number) => {
      const settings = readCycleGanSettings({ ...SMALL, ...QUICK, cycleWeight: 1 });
      const sets = [shared.source, shared.target] as const;
      // A start that is turned; its weight is not read as a setting is, for one of the wrong sign has to be seen.
      const training = new CycleGanTraining(await referenceEngine(), sets, { ...settings, identityWeight }, 1, 1);
      for (let step = 0; step < settings.steps; step++) await training.step();
      const { vectors } = shared.asked;
      return [groupsHit(await training.map(0, vectors), shared), groupsHit(await training.map(1, vectors), shared)];
    };
    expect(Math.min(...(await hit(10)))).toBeGreaterThan(0.95);
    expect(Math.max(...(await hit(0)))).toBeLessThan(0.6);
    expect(Math.max(...(await hit(-1)))).toBeLessThan(0.6);
  });

  it('asks each way of what lies where it leads to stay, and of nothing else', async () => {
    // Each domain has one direction: a way learns of that of the other domain alone.
    const line = (at: (value: number) => [number, number]) => ({
      vectors: Float32Array.from(Array.from({ length: 40 }, (_, k) => at(k - 19.5)).flat()),
      width: 2,
    });
    const along = line((value) => [value / 10, 0]);
    const across = line((value) => [0, value / 10]);
    const weights = { adversarialWeight: 0, cycleWeight: 0, identityWeight: 1, noise: 0 };
    const settings = readCycleGanSettings({ ...SMALL, ...weights, ...QUICK });
    const training = new CycleGanTraining(await referenceEngine(), [along, across], settings, 1, 1);
    const moved = async (way: 0 | 1, { vectors }: VectorSet) => meanSquare(await training.map(way, vectors), vectors);
    const start = [await moved(0, along), await moved(1, across)] as const;
    for (let step = 0; step < settings.steps; step++) await training.step();
    expect(await moved(0, across)).toBeLessThan(0.01);
    expect(await moved(1, along)).toBeLessThan(0.01);
    expect(await moved(0, along)).toBeGreaterThan(0.3 * start[0]);
    expect(await moved(1, across)).toBeGreaterThan(0.3 * start[1]);
  });

  it('does with hidden units and the identity loss, and leaves no tensor', async () => {
    const engine = await referenceEngine();
    const before = engine.tensorCount();
    const settings = { ...SMALL, steps: 5, hidden: 3, identityWeight: 1 };
    const gan = await fitCycleGan({ engine, source, target, seed: 1, settings });
    expect((await gan.toSource(target.vectors)).every(Number.isFinite)).toBe(true);
    expect(engine.tensorCount()).toBe(before);
  });

  it('maps there and back at the same time, also while another one is fitted', async () => {
    const engine = await referenceEngine();
    const fit = () => fitCycleGan({ engine, source, target, seed: 1, settings: { ...SMALL, steps: 3 } });
    const gan = await fit();
    const pairs = { source: asked, target: { vectors: answers, width: 2 } };
    const paired = await fitPairedMapping({ engine, seed: 1, settings: { steps: 2 }, ...pairs });
    const calls = [
      () => gan.toTarget(asked.vectors),
      () => gan.toSource(answers),
      () => paired.toTarget(asked.vectors),
      () => gan.toTarget(source.vectors),
    ];
    const inTurn: Float32Array[] = [];
    for (const call of calls) inTurn.push(await call());
    const before = engine.tensorCount();
    const [again, ...atOnce] = await Promise.all([fit(), ...calls.map((call) => call())]);
    expect(atOnce).toEqual(inTurn);
    expect(again.curve).toEqual(gan.curve);
    expect(engine.tensorCount()).toBe(before);
  });

  it('takes sets of one width and two vectors, and other sizes on each side', async () => {
    const engine = await referenceEngine();
    const settings = { ...SMALL, steps: 3 };
    const few = { vectors: Float32Array.of(1, 3), width: 1 };
    const more = { vectors: Float32Array.of(5, 2, 8, 1, 9, 4, 7), width: 1 };
    const gan = await fitCycleGan({ engine, source: few, target: more, seed: 1, settings });
    expect((await gan.toTarget(Float32Array.of(2))).length).toBe(1);
  });

  it('refuses vectors of two lengths, numbers that are none, sets without a spread, and unknown settings', async () => {
    const fit = async (changed: object) => {
      const settings = { ...SMALL, steps: 1 };
      return fitCycleGan({ engine: await referenceEngine(), source, target, seed: 1, settings, ...changed });
    };
    const constant = { vectors: new Float32Array(8).fill(3), width: 2 };
    await expect(fit({ source: { vectors: source.vectors, width: 1 } })).rejects.toMatchObject({
      code: 'MATRIX_INVALID',
    });
    await expect(fit({ source: { vectors: Float32Array.of(1, 2, 3), width: 2 } })).rejects.toMatchObject({
      code: 'MATRIX_INVALID',
    });
    await expect(fit({ target: { vectors: Float32Array.of(1, Number.NaN), width: 2 } })).rejects.toMatchObject({
      code: 'MATRIX_INVALID',
    });
    await expect(fit({ target: constant })).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(fit({ settings: { cycles: 3 } })).rejects.toMatchObject({ code: 'SETTING_UNKNOWN' });
  });

  it('stops where everybody comes to one place, or a loss is no number', async () => {
    const degenerate = expect.objectContaining({ code: 'TRAINING_DEGENERATE' });
    const onePlace = { vectors: Float32Array.of(1, 2, 1, 2.001), width: 2 };
    expect(() => requireSpread(onePlace, 7)).toThrow(degenerate);
    expect(() => requireSpread({ ...onePlace, vectors: new Float32Array(4).fill(Number.NaN) }, 7)).toThrow(degenerate);
    requireSpread(source, 7);
    const table = new RunState(1, 'test').table('t', Float32Array.of(-1, 2), 2);
    const engine = await referenceEngine();
    const step = gradientStep(engine, [table], 0.1, ([weights]) => engine.tf.sum(engine.tf.log(weights as Tensor2D)));
    await expect(step).rejects.toMatchObject({ code: 'TRAINING_DEGENERATE' });
    expect([...table.values]).toEqual([-1, 2]);
  });
});

describe('a start that is degenerate', () => {
  afterEach(() => vi.restoreAllMocks());
  const map = CycleGanTraining.prototype.map;
  const fit = async (starts: number, engine?: Engine) => {
    const settings = { ...SMALL, steps: 8, starts, batchSize: 32, discriminatorHidden: 8 };
    return fitCycleGan({ engine: engine ?? (await referenceEngine()), source, target, seed: 1, settings });
  };

  it('is stopped where a loss is no number, without a tensor left', async () => {
    const engine = await referenceEngine();
    const before = engine.tensorCount();
    await expect(fit(2, withoutLosses(engine))).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
      message: expect.stringMatching(/the loss became NaN in step 1; lower learningRate/),
    });
    expect(engine.tensorCount()).toBe(before);
  });

  it('is stopped where everybody is mapped to one place', async () => {
    vi.spyOn(CycleGanTraining.prototype, 'map').mockImplementation(async (_, vectors) => vectors.map(() => 0.5));
    await expect(fit(1)).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
      message: expect.stringMatching(/after step 1 everybody is mapped to one place: a spread of 0/),
    });
  });

  /** Of every start, or of the first alone: at every second look everybody is on the other side of the middle. */
  function flip(isFlipped: (start: number) => boolean) {
    const starts: CycleGanTraining[] = [];
    const looks = new Map<string, number>();
    vi.spyOn(CycleGanTraining.prototype, 'map').mockImplementation(async function (
      this: CycleGanTraining,
      way,
      vectors,
    ) {
      if (!starts.includes(this)) starts.push(this);
      const start = starts.indexOf(this);
      const look = looks.get(`${start} ${way}`) ?? 0;
      looks.set(`${start} ${way}`, look + 1);
      const mapped = await map.call(this, way, vectors);
      return isFlipped(start) && look % 2 === 1 ? mapped.map((value) => -value) : mapped;
    });
  }

  it('is stopped where it maps the same people elsewhere at every look', async () => {
    flip(() => true);
    await expect(fit(1)).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
      message: expect.stringMatching(
        /after step 6 it oscillates: \d+ % of what the same people are mapped to is other/,
      ),
    });
  });

  it('is left out for another start', async () => {
    flip((start) => start === 0);
    const { distances, curve } = await fit(2);
    expect(distances).toEqual([undefined, expect.any(Number)]);
    expect(curve[0]?.turnover).toBeUndefined();
    for (const { turnover } of curve.slice(1)) expect(turnover).toBeLessThan(0.5);
  });
});

describe('fitPairedMapping', () => {
  it('finds the way from pairs, and not from pairs that are none', async () => {
    const request = {
      engine: await referenceEngine(),
      seed: 1,
      settings: { steps: 200, learningRate: 0.02, decay: 0, hidden: 4 },
    };
    const pairs = { source: asked, target: { vectors: answers, width: 2 } };
    const mapping = await fitPairedMapping({ ...request, ...pairs });
    expect(meanSquare(await mapping.toTarget(asked.vectors), answers)).toBeLessThan(0.05);
    const exchanged = { vectors: new Random(1, 'exchanged').shuffle(answers.slice()), width: 2 };
    const wrong = await fitPairedMapping({ ...request, source: asked, target: exchanged });
    expect(meanSquare(await wrong.toTarget(asked.vectors), answers)).toBeGreaterThan(1);
    const short = { vectors: answers.subarray(2), width: 2 };
    await expect(fitPairedMapping({ ...request, source: asked, target: short })).rejects.toMatchObject({
      code: 'MATRIX_INVALID',
    });
  });
});

it('the sliced distance is 0 for the same set in another order, and the shift of a shifted one', () => {
  const turned = { ...source, vectors: Float32Array.from([...rowsOf(source)].reverse().flat()) };
  expect(slicedDistance(source, turned, new Random(1, 'd'))).toBeCloseTo(0, 6);
  const shifted = { ...source, vectors: source.vectors.map((value) => value + 2) };
  expect(slicedDistance(source, shifted, new Random(1, 'd'))).toBeCloseTo(2, 0);
  const line = { vectors: Float32Array.of(1, 2, 3, 4), width: 1 };
  const pair = { vectors: Float32Array.of(3.5, 1.5), width: 1 };
  expect(slicedDistance(line, pair, new Random(1, 'd'))).toBeCloseTo(0.5, 6);
});

it('starts are orthogonal, and the first is the identity', () => {
  expect([...orthogonalStart(2, 0, 1)]).toEqual([1, 0, 0, 1]);
  const turn = orthogonalStart(5, 3, 1);
  for (let r = 0; r < 5; r++) {
    for (let c = 0; c < 5; c++) {
      let sum = 0;
      for (let k = 0; k < 5; k++) sum += (turn[r * 5 + k] as number) * (turn[c * 5 + k] as number);
      expect(sum).toBeCloseTo(Number(r === c), 9);
    }
  }
  expect(orthogonalStart(5, 3, 2)).not.toEqual(turn);
});

it.for(['wasm', 'tensorflow'] as const)('trains on %s as on the reference', async (name, { skip }) => {
  const settings = { ...SMALL, steps: 4, hidden: 3 };
  const fit = async (engine: Engine) => {
    const gan = await fitCycleGan({ engine, source, target, seed: 1, settings });
    return gan.toTarget(asked.vectors);
  };
  let loaded: Engine;
  try {
    loaded = await loadEngine(name);
  } catch (error) {
    return skip(`${name} is left out: ${String(error)}`);
  }
  const mapped = await fit(loaded);
  (await fit(await loadEngine('cpu'))).forEach((value, k) => {
    expect(mapped[k]).toBeCloseTo(value, 3);
  });
});

function* rowsOf({ vectors, width }: VectorSet): Generator<number[]> {
  for (let start = 0; start < vectors.length; start += width) yield [...vectors.subarray(start, start + width)];
}

/** Of the values, or of their differences to others. */
function meanSquare(values: Float32Array, others?: Float32Array): number {
  return values.reduce((sum, value, k) => sum + (value - (others?.[k] ?? 0)) ** 2, 0) / values.length;
}
