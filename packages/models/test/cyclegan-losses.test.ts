import { expect, it } from 'vitest';
import { CycleGame } from './cycle-game.js';

/** Each way is somewhat turned to where it should lead; as far there as back. */
const NEARER = [0.4, -0.4] as const;

it('makes discriminators tell fresh people from mapped ones while the mappings stand still', async () => {
  const accuracyAfter = async (steps: number, sign: number) => {
    const game = await CycleGame.start(NEARER);
    await game.trainDiscriminators(steps, sign);
    return game.accuracy();
  };
  expect(Math.max(...(await accuracyAfter(0, 1)))).toBeLessThan(0.7);
  expect(Math.min(...(await accuracyAfter(40, 1)))).toBeGreaterThan(0.9);
  expect(Math.max(...(await accuracyAfter(40, -1)))).toBeLessThan(0.6);
});

it('brings fresh people nearer to where they are mapped to while the discriminators stand still', async () => {
  // Few steps: a discriminator that stands still says nothing of what lies beyond the real ones, and leads there.
  const after = async (sign: number) => {
    const game = await CycleGame.start(NEARER);
    await game.trainDiscriminators(40);
    const [distances, realness] = [await game.distance(), await game.realness()];
    await game.trainGenerators(10, { adversarialWeight: sign });
    const [distancesAfter, realnessAfter] = [await game.distance(), await game.realness()];
    return {
      shares: distancesAfter.map((distance, way) => distance / (distances[way] as number)),
      gains: realnessAfter.map((real, way) => real - (realness[way] as number)),
    };
  };
  const { shares, gains } = await after(1);
  expect(Math.max(...shares)).toBeLessThan(0.95);
  expect(Math.min(...gains)).toBeGreaterThan(0.5);
  const turned = await after(-1);
  expect(Math.min(...turned.shares)).toBeGreaterThan(1.05);
  expect(Math.max(...turned.gains)).toBeLessThan(-0.5);
});

it('brings who goes there and back to where they began by the cycle loss alone', async () => {
  const shareAfter = async (sign: number) => {
    // Each way followed by itself comes nearest to a half turn and to none: only there and back together come to none.
    const game = await CycleGame.start([2.2, -0.9]);
    const before = await game.cycleError();
    await game.trainGenerators(80, { cycleWeight: sign });
    return (await game.cycleError()).map((error, way) => error / (before[way] as number));
  };
  expect(Math.max(...(await shareAfter(1)))).toBeLessThan(0.05);
  expect(Math.min(...(await shareAfter(-1)))).toBeGreaterThan(2);
});

it('leaves who is mapped somewhere to stay there by the identity loss alone', async () => {
  const shareAfter = async (sign: number) => {
    const game = await CycleGame.start([1, -0.5]);
    const before = await game.displacement();
    await game.trainGenerators(60, { identityWeight: sign });
    return (await game.displacement()).map((error, way) => error / (before[way] as number));
  };
  expect(Math.max(...(await shareAfter(1)))).toBeLessThan(0.2);
  expect(Math.min(...(await shareAfter(-1)))).toBeGreaterThan(2);
});
