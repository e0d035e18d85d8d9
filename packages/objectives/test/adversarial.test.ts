import { beforeAll, describe, expect, it } from 'vitest';
import {
  discriminatorLoss,
  energyDiscriminatorLoss,
  energyGeneratorLoss,
  generatorLoss,
  type JudgedSamples,
  type LossResult,
  type Tensor2D,
  wassersteinCriticLoss,
  wassersteinGeneratorLoss,
  zeroReconstructionLoss,
} from '../src/index.js';
import { startReferenceEngine, tf } from './fixture.js';

beforeAll(startReferenceEngine);

const column = (...values: number[]): Tensor2D => tf.tensor2d(values, [values.length, 1]);
const numbersOf = (tensor: Tensor2D): number[] => [...tensor.dataSync()];
const signs = (tensor: Tensor2D | undefined): number[] =>
  tensor === undefined ? [] : numbersOf(tensor).map(Math.sign);

/** Each game with scores: what the discriminator gives, and what of it is high for what is real. */
const GAMES: readonly {
  name: string;
  /** 1: the discriminator gives much to what is real; -1: little. */
  highIsReal: number;
  discriminator: (samples: JudgedSamples) => LossResult<'real' | 'made'>;
  generator: (made: Tensor2D) => Tensor2D;
}[] = [
  {
    name: 'the non-saturating game',
    highIsReal: 1,
    discriminator: (samples) => discriminatorLoss(tf, samples),
    generator: (made) => generatorLoss(tf, made).gradients.made,
  },
  {
    name: 'the Wasserstein game',
    highIsReal: 1,
    discriminator: (samples) => wassersteinCriticLoss(tf, samples),
    generator: (made) => wassersteinGeneratorLoss(tf, made).gradients.made,
  },
  {
    name: 'the energy game',
    highIsReal: -1,
    discriminator: (samples) => energyDiscriminatorLoss(tf, samples, 10),
    generator: (made) => energyGeneratorLoss(tf, { energies: made, codes: made }, made, 0.5).gradients.energies,
  },
];

describe.each(GAMES)('$name', ({ highIsReal, discriminator, generator }) => {
  const made = () => column(0.5, 2, 0.1);
  const judged = () => discriminator({ real: column(0.2, 1, 0.7), made: made() });

  it('draws the discriminator to what is real and away from what is made', () => {
    const { gradients } = judged();
    expect(signs(gradients.real)).toEqual([-highIsReal, -highIsReal, -highIsReal]);
    expect(signs(gradients.made)).toEqual([highIsReal, highIsReal, highIsReal]);
  });

  it('draws the generator against the discriminator: neither side has the sign of the other', () => {
    const against = signs(judged().gradients.made).map((sign) => -sign);
    expect(signs(generator(made()))).toEqual(against);
  });
});

describe('the non-saturating loss', () => {
  it('is finite, with a gradient, where the discriminator is beyond doubt', () => {
    const samples = { real: column(200, -200), made: column(200, -200) };
    const { loss, gradients } = discriminatorLoss(tf, samples);
    expect(loss.arraySync()).toBeCloseTo(200, 3);
    expect(numbersOf(gradients.real)).toEqual([expect.closeTo(0, 6), expect.closeTo(-0.5, 6)]);
    const worst = generatorLoss(tf, column(-200));
    expect([worst.loss.arraySync(), ...numbersOf(worst.gradients.made)]).toEqual([200, -1]);
  });

  it('is largest for the generator where it is worst, where that of the other side of the discriminator has vanished', () => {
    const [bad, good] = numbersOf(generatorLoss(tf, column(-6, 6)).gradients.made) as [number, number];
    expect(Math.abs(bad)).toBeGreaterThan(100 * Math.abs(good));
    const saturating = numbersOf(discriminatorLoss(tf, { real: column(0), made: column(-6) }).gradients.made);
    expect(saturating[0]).toBeLessThan(0.01);
  });
});

describe('the energy game', () => {
  it('lets what is made alone where it is given back worse than the margin asks', () => {
    const { loss, gradients } = energyDiscriminatorLoss(tf, { real: column(0.1), made: column(2) }, 10);
    expect(loss.arraySync()).toBeCloseTo(0.1, 6);
    expect([...numbersOf(gradients.real), ...numbersOf(gradients.made)].map((x) => x + 0)).toEqual([1, 0]);
  });

  it('matches features where that is all that counts', () => {
    const codes = tf.tensor2d([[1, 3]]);
    const { loss, gradients } = energyGeneratorLoss(tf, { energies: column(9), codes }, tf.tensor2d([[2, 3]]), 1);
    expect([loss.arraySync(), ...numbersOf(gradients.energies)]).toEqual([0.5, 0]);
    expect(numbersOf(gradients.codes)).toEqual([-1, 0]);
  });
});

it('zero reconstruction moves nothing but the zeros drawn', () => {
  const { loss, gradients } = zeroReconstructionLoss(tf, tf.tensor2d([[0.5, 3, 2]]), tf.tensor2d([[1, 0, 1]]));
  expect(loss.arraySync()).toBe(4.25);
  expect(numbersOf(gradients.profiles)).toEqual([1, 0, 4]);
});
