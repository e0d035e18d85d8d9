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
}

/** Each game on a distribution whose answer is known. */
const CASES: readonly ToyCase[] = [
  { name: 'logistic', game: logisticGame(false), toy: PROFILE_MIXTURE, criticSteps: 1, steps: 600 },
  { name: 'wasserstein', game: wassersteinGame(false, 1), toy: TWO_GAUSSIANS, criticSteps: 2, steps: 300 },
  { name: 'energy', game: energyGame({ margin: 3, matching: 0.5 }), toy: TOLD_PROFILES, criticSteps: 1, steps: 250 },
];
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const times = (count: number, step: () => number): number[] => Array.from({ length: count }, step);

/** A whole training. @param sign of the generator's loss: -1 is that of a broken one */
async function train({ game, toy, criticSteps, steps }: ToyCase, sign = 1) {
  const both = await ToyGame.start(toy, game);
  for (let step = 0; step < steps; step++) {
    for (let k = 0; k < criticSteps; k++) both.trainDiscriminator();
    both.trainGenerator(undefined, sign);
  }
  return both.coverage();
}

describe.each(CASES)('the $name game on $toy.name', (each) => {
  it('makes the discriminator better while the generator stands still', async () => {
    const both = await ToyGame.start(each.toy, each.game);
    const before = both.coverage();
    const losses = times(60, () => both.trainDiscriminator());
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
    expect(both.coverage().distance).toBeCloseTo(before.distance, 1);
  });

  it('makes the generator better while the discriminator stands still', async () => {
    const both = await ToyGame.start(each.toy, each.game);
    times(60, () => both.trainDiscriminator());
    const losses = times(40, () => both.trainGenerator(0.002));
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
  });

  it('covers every mode, and none with the sign of the generator turned round', async () => {
    const right = await train(each);
    expect(right.modes).toBe(1);
    expect(right.near).toBeGreaterThan(0.6);
    const wrong = await train({ ...each, steps: Math.min(each.steps, 150) }, -1);
    expect(wrong.modes).toBeLessThan(1);
    expect(wrong.near).toBeLessThan(0.35);
  });
});

describe('a ring of eight', () => {
  it('draws what is made to the ring, by either side alone', async () => {
    const both = await ToyGame.start(RING_OF_EIGHT, wassersteinGame(false, 1));
    const scores = times(80, () => both.trainDiscriminator());
    expect(mean(scores.slice(-10))).toBeLessThan(mean(scores.slice(0, 10)));
    const losses = times(40, () => both.trainGenerator(0.002));
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
  });
});
