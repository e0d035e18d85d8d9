import { describe, expect, it } from 'vitest';
import { energyGame } from '../src/gan/energy-game.js';
import type { AdversarialGame } from '../src/gan/game.js';
import { logisticGame } from '../src/gan/logistic-game.js';
import { wassersteinGame } from '../src/gan/wasserstein-game.js';
import { PROFILE_MIXTURE, RING_OF_EIGHT, TOLD_PROFILES, type Toy, ToyGame, TWO_GAUSSIANS } from './toy-game.js';

interface ToyCase {
  readonly name: string;
  readonly game: AdversarialGame;
  readonly toy: Toy;
  /** Steps of the discriminator for one of the generator, and of the generator in a whole training. */
  readonly criticSteps: number;
  readonly steps: number;
  /** Share of what is made that has to be near a mode after it. */
  readonly near: number;
}

/** Each game on a distribution whose answer is known. */
const CASES: readonly ToyCase[] = [
  { name: 'logistic', game: logisticGame(false), toy: PROFILE_MIXTURE, criticSteps: 1, steps: 600, near: 0.7 },
  { name: 'wasserstein', game: wassersteinGame(false, 0.3), toy: TWO_GAUSSIANS, criticSteps: 2, steps: 400, near: 0.6 },
  {
    ...{ name: 'wasserstein', game: wassersteinGame(false, 0.3), toy: RING_OF_EIGHT },
    ...{ criticSteps: 2, steps: 1000, near: 0.45 },
  },
  {
    ...{ name: 'energy', game: energyGame({ margin: 3, matching: 0.5 }), toy: TOLD_PROFILES },
    ...{ criticSteps: 1, steps: 300, near: 0.9 },
  },
];
/** Whole trainings take half a minute of a processor, or many where it is shared. */
const PATIENT = { timeout: 900_000 };
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const times = (count: number, step: () => number): number[] => Array.from({ length: count }, step);

/** A whole training: full rates for a third of it, then down to nothing. @param sign -1: of a broken generator's loss */
async function train({ game, toy, criticSteps }: ToyCase, steps: number, sign = 1) {
  const both = await ToyGame.start(toy, game);
  for (let step = 0; step < steps; step++) {
    const share = Math.min(1, 1.5 * (1 - step / steps));
    for (let k = 0; k < criticSteps; k++) both.trainDiscriminator(0.005 * share);
    both.trainGenerator(0.003 * share, sign);
  }
  return both.coverage();
}

describe.each(CASES)('the $name game on $toy.name', (each) => {
  it('makes the discriminator better while the generator stands still', PATIENT, async () => {
    const both = await ToyGame.start(each.toy, each.game);
    const before = both.coverage();
    const losses = times(60, () => both.trainDiscriminator());
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
    expect(both.coverage().distance).toBeCloseTo(before.distance, 1);
  });

  it('makes the generator better while the discriminator stands still', PATIENT, async () => {
    const both = await ToyGame.start(each.toy, each.game);
    times(60, () => both.trainDiscriminator());
    const losses = times(40, () => both.trainGenerator(0.002));
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
  });

  it('covers every mode', PATIENT, async () => {
    const { modes, near } = await train(each, each.steps);
    expect(modes).toBe(1);
    expect(near).toBeGreaterThan(each.near);
  });

  it('gets nowhere with the sign of the generator turned round', PATIENT, async () => {
    const { modes, near } = await train(each, 120, -1);
    expect(modes).toBeLessThan(1);
    expect(near).toBeLessThan(0.3);
  });
});
