import type { Engine } from '@kindred/compute';
import type { Random } from '@kindred/domain';
import {
  discriminatorLoss,
  generatorLoss,
  lossOperation,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
} from '@kindred/objectives';
import { cosineRate } from '../adam.js';
import type { EpochBatches } from '../epoch-batches.js';
import { RunState } from '../run-state.js';
import { takeRows } from '../sparse-rows.js';
import type { CycleGanSettings } from './cyclegan-settings.js';
import { FINAL_RATE_SHARE, gradientStep, mapRows, tensorsOf } from './gradient-step.js';
import { createDiscriminator, createGenerator, type Network, orthogonalStart, transposed } from './mapping-network.js';
import type { VectorSet } from './vector-set.js';

/** One for the way from the source to the target, one for the way back. */
type Both<T> = readonly [there: T, back: T];

interface Way {
  /** What is mapped. */
  readonly from: VectorSet;
  readonly batches: EpochBatches;
  readonly generator: Network;
  /** Tells the vectors of where the way leads from mapped ones. */
  readonly discriminator: Network;
}

/** What a step sees of what is mapped one way; arrays of the host, [B, d]. */
interface Batch {
  readonly real: Float32Array;
  /** Added before a discriminator looks at them. */
  readonly noiseOnReal: Float32Array;
  readonly noiseOnMapped: Float32Array;
}

/** Networks' weights as tensors. */
type Weights = Both<readonly Tensor2D[]>;

export interface StepLosses {
  readonly generators: number;
  readonly discriminators: number;
}

/**
 * One training of two generators G, F against two discriminators D, E, on standardised sets a, b of the same width:
 *   L(D, E) = adv(D(b), D(G(a))) + adv(E(a), E(F(b)))
 *   L(G, F) = w_adv (adv(D(G(a))) + adv(E(F(b)))) + w_cyc (|F(G(a)) - a|² + |G(F(b)) - b|²) + w_id (|G(b) - b|² + |F(a) - a|²)
 * with |.|² the mean over rows and coordinates (the paper takes absolute values).
 */
export class CycleGanTraining {
  readonly #engine: Engine;
  readonly #settings: CycleGanSettings;
  readonly #width: number;
  readonly #ways: Both<Way>;
  readonly #noise: Random;
  #steps = 0;

  /** @param place of this start among all, see `orthogonalStart` */
  constructor(engine: Engine, sets: Both<VectorSet>, settings: CycleGanSettings, seed: number, place: number) {
    const { hidden, discriminatorHidden, batchSize } = settings;
    const [{ width }] = sets;
    const state = new RunState(seed, `cyclegan ${place}`);
    const turn = orthogonalStart(width, place, seed);
    const wayOf = (name: string, from: VectorSet, start: Float32Array): Way => ({
      from,
      batches: state.batches(name, everyRow(from), batchSize),
      generator: createGenerator(state, `${name}Generator`, { width, hidden }, start),
      discriminator: createDiscriminator(state, `${name}Discriminator`, { width, hidden: discriminatorHidden }),
    });
    this.#ways = [wayOf('there', sets[0], Float32Array.from(turn)), wayOf('back', sets[1], transposed(turn, width))];
    this.#engine = engine;
    this.#settings = settings;
    this.#width = width;
    this.#noise = state.random('noise');
  }

  /** A step of the discriminators against the generators as they are, then one of the generators. */
  async step(): Promise<StepLosses> {
    const { learningRate, steps } = this.#settings;
    const rate = cosineRate(learningRate, FINAL_RATE_SHARE * learningRate, this.#steps, steps);
    const batches = both(this.#ways, (way) => this.#draw(way));
    const generators = both(this.#ways, ({ generator }) => generator.tables);
    const discriminators = both(this.#ways, ({ discriminator }) => discriminator.tables);
    const engine = this.#engine;
    const discriminatorLoss = await gradientStep(engine, discriminators.flat(), rate, (weights) =>
      this.#discriminatorLoss(
        batches,
        divided(weights),
        both(generators, (tables) => tensorsOf(engine, tables)),
      ),
    );
    const generatorLoss = await gradientStep(engine, generators.flat(), rate, (weights) =>
      this.#generatorLoss(
        batches,
        divided(weights),
        both(discriminators, (tables) => tensorsOf(engine, tables)),
      ),
    );
    this.#steps++;
    return { discriminators: discriminatorLoss, generators: generatorLoss };
  }

  /** @param way 0: there, 1: back. @param vectors [N, d], standardised. @returns [N, d] */
  map(way: 0 | 1, vectors: Float32Array): Promise<Float32Array> {
    return mapRows(this.#engine, this.#ways[way].generator, { vectors, width: this.#width });
  }

  #discriminatorLoss(batches: Both<Batch>, discriminators: Weights, generators: Weights): Scalar {
    const { tf } = this.#engine;
    const inputs = both(batches, ({ real }) => this.#tensor(real));
    const losses = both(this.#ways, ({ generator, discriminator }, way) => {
      const judge = (vectors: Tensor2D, noise: Float32Array) =>
        discriminator.forward(tf, tf.add(vectors, this.#tensor(noise)), discriminators[way]);
      const mapped = generator.forward(tf, inputs[way], generators[way]);
      const real = judge(inputs[other(way)], batches[other(way)].noiseOnReal);
      const made = judge(mapped, batches[way].noiseOnMapped);
      return lossOperation(tf, { real, made }, (given) => discriminatorLoss(tf, given));
    });
    return tf.add(...losses);
  }

  #generatorLoss(batches: Both<Batch>, generators: Weights, discriminators: Weights): Scalar {
    const { tf } = this.#engine;
    const { adversarialWeight, cycleWeight, identityWeight } = this.#settings;
    const inputs = both(batches, ({ real }) => this.#tensor(real));
    const map = (way: 0 | 1, vectors: Tensor2D) => this.#ways[way].generator.forward(tf, vectors, generators[way]);
    const losses = both(this.#ways, ({ discriminator }, way) => {
      const mapped = map(way, inputs[way]);
      const seen = tf.add(mapped, this.#tensor(batches[way].noiseOnMapped)) as Tensor2D;
      const made = discriminator.forward(tf, seen, discriminators[way]);
      const fooled = lossOperation(tf, { made }, (given) => generatorLoss(tf, given.made));
      const cycle = squaredError(tf, map(other(way), mapped), inputs[way]);
      const sum = tf.add(tf.mul(fooled, adversarialWeight), tf.mul(cycle, cycleWeight)) as Scalar;
      if (identityWeight === 0) return sum;
      const there = inputs[other(way)];
      return tf.add(sum, tf.mul(squaredError(tf, map(way, there), there), identityWeight)) as Scalar;
    });
    return tf.add(...losses);
  }

  #draw({ from, batches }: Way): Batch {
    const real = takeRows(from.vectors, from.width, batches.next());
    const deviation = this.#settings.noise * (1 - this.#steps / this.#settings.steps);
    const noise = () => real.map(() => deviation * this.#noise.normal());
    return { real, noiseOnReal: noise(), noiseOnMapped: noise() };
  }

  #tensor(rows: Float32Array): Tensor2D {
    return this.#engine.tf.tensor2d(rows, [rows.length / this.#width, this.#width]);
  }
}

function both<T, R>([there, back]: Both<T>, make: (value: T, way: 0 | 1) => R): Both<R> {
  return [make(there, 0), make(back, 1)];
}

function other(way: 0 | 1): 0 | 1 {
  return way === 0 ? 1 : 0;
}

/** The weights of both ways' networks, which are alike. */
function divided(weights: readonly Tensor2D[]): Weights {
  const half = weights.length / 2;
  return [weights.slice(0, half), weights.slice(half)];
}

function squaredError(tf: TensorFlow, values: Tensor2D, expected: Tensor2D): Scalar {
  return tf.mean(tf.square(tf.sub(values, expected))) as Scalar;
}

function everyRow({ vectors, width }: VectorSet): Uint32Array {
  return Uint32Array.from({ length: vectors.length / width }, (_, row) => row);
}
