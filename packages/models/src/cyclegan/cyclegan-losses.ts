import {
  discriminatorLoss,
  generatorLoss,
  lossOperation,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
} from '@kindred/objectives';
import type { CycleGanSettings } from './cyclegan-settings.js';
import type { Network } from './mapping-network.js';

/** One for the way from the source to the target, one for the way back. */
export type Both<T> = readonly [there: T, back: T];

export interface WayNetworks {
  readonly generator: Network;
  /** Tells the vectors of where the way leads from mapped ones. */
  readonly discriminator: Network;
}

/** What is mapped one way; [B, d] each. */
export interface Mapped<T> {
  readonly real: T;
  /** Added before a discriminator looks at them. */
  readonly noiseOnReal: T;
  readonly noiseOnMapped: T;
}

/** What both sides are judged by: networks, their weights, and vectors of both sets. */
export interface Round {
  readonly ways: Both<WayNetworks>;
  readonly batches: Both<Mapped<Tensor2D>>;
  readonly generators: Both<readonly Tensor2D[]>;
  readonly discriminators: Both<readonly Tensor2D[]>;
}

type LossWeights = Pick<CycleGanSettings, 'adversarialWeight' | 'cycleWeight' | 'identityWeight'>;

/** L(D, E) = adv(D(b), D(G(a))) + adv(E(a), E(F(b))) of generators G, F, discriminators D, E and sets a, b. */
export function discriminatorsLoss(tf: TensorFlow, round: Round): Scalar {
  const { ways, batches, generators, discriminators } = round;
  const losses = both(ways, ({ generator, discriminator }, way) => {
    const judge = (vectors: Tensor2D, noise: Tensor2D) =>
      discriminator.forward(tf, tf.add(vectors, noise), discriminators[way]);
    const { real: where, noiseOnReal } = batches[other(way)];
    const mapped = generator.forward(tf, batches[way].real, generators[way]);
    const real = judge(where, noiseOnReal);
    const made = judge(mapped, batches[way].noiseOnMapped);
    return lossOperation(tf, { real, made }, (given) => discriminatorLoss(tf, given));
  });
  return tf.add(...losses);
}

/**
 * L(G, F) = w_adv (adv(D(G(a))) + adv(E(F(b)))) + w_cyc (|F(G(a)) - a|² + |G(F(b)) - b|²) + w_id (|G(b) - b|² + |F(a) - a|²)
 * with |.|² the mean over rows and coordinates (the paper takes absolute values).
 */
export function generatorsLoss(tf: TensorFlow, round: Round, weights: LossWeights): Scalar {
  const { ways, batches, generators, discriminators } = round;
  const { adversarialWeight, cycleWeight, identityWeight } = weights;
  const map = (way: 0 | 1, vectors: Tensor2D) => ways[way].generator.forward(tf, vectors, generators[way]);
  const losses = both(ways, ({ discriminator }, way) => {
    const { real, noiseOnMapped } = batches[way];
    const mapped = map(way, real);
    const made = discriminator.forward(tf, tf.add(mapped, noiseOnMapped), discriminators[way]);
    const fooled = lossOperation(tf, { made }, (given) => generatorLoss(tf, given.made));
    const cycle = squaredError(tf, map(other(way), mapped), real);
    const sum = tf.add(tf.mul(fooled, adversarialWeight), tf.mul(cycle, cycleWeight)) as Scalar;
    if (identityWeight === 0) return sum;
    const there = batches[other(way)].real;
    return tf.add(sum, tf.mul(squaredError(tf, map(way, there), there), identityWeight)) as Scalar;
  });
  return tf.add(...losses);
}

export function both<T, R>([there, back]: Both<T>, make: (value: T, way: 0 | 1) => R): Both<R> {
  return [make(there, 0), make(back, 1)];
}

export function other(way: 0 | 1): 0 | 1 {
  return way === 0 ? 1 : 0;
}

function squaredError(tf: TensorFlow, values: Tensor2D, expected: Tensor2D): Scalar {
  return tf.mean(tf.square(tf.sub(values, expected))) as Scalar;
}
