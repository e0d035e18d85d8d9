import { describe, expect, it, vi } from 'vitest';
import { checkerboard, hiddenFound, PLANTED_SETTINGS, plantedClusters, trained } from './graph-fixture.js';

/** Every loss with the sign of its gradient turned: the mistake that these data sets must be able to show. */
vi.mock('@kindred/objectives', async (importOriginal) => {
  const original = await importOriginal<Record<string, unknown>>();
  const turned = (loss: (tf: Negating, inputs: unknown) => LossResult) => (tf: Negating, inputs: unknown) => {
    const result = loss(tf, inputs);
    const gradients = Object.entries(result.gradients).map(([name, gradient]) => [name, tf.neg(gradient)]);
    return { loss: result.loss, gradients: Object.fromEntries(gradients) };
  };
  const exports = Object.entries(original).map(([name, value]) => [
    name,
    name.endsWith('Loss') ? turned(value as Parameters<typeof turned>[0]) : value,
  ]);
  return Object.fromEntries(exports);
});

interface Negating {
  neg(tensor: unknown): unknown;
}
interface LossResult {
  readonly loss: unknown;
  readonly gradients: Readonly<Record<string, unknown>>;
}

describe.each(Object.keys(PLANTED_SETTINGS))('%s with the gradient of its loss turned round', (name) => {
  it('finds neither the clusters nor the checkerboard', async () => {
    const clusters = plantedClusters();
    expect(await hiddenFound(await trained(name, clusters), clusters)).toBeLessThan(0.6);
    const board = checkerboard();
    expect(await hiddenFound(await trained(name, board), board)).toBeLessThan(0.8);
  });
});
