import type { Engine } from '@kindred/compute';
import type { Random } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import { cosineRate } from '../adam.js';
import type { EpochBatches } from '../epoch-batches.js';
import { RunState } from '../run-state.js';
import { takeRows } from '../sparse-rows.js';
import {
  type Both,
  both,
  discriminatorsLoss,
  generatorsLoss,
  type Mapped,
  type WayNetworks,
} from './cyclegan-losses.js';
import type { CycleGanSettings } from './cyclegan-settings.js';
import { FINAL_RATE_SHARE, gradientStep, mapRows, tensorsOf } from './gradient-step.js';
import { createDiscriminator, createGenerator, orthogonalStart, transposed } from './mapping-network.js';
import type { VectorSet } from './vector-set.js';

interface Way extends WayNetworks {
  /** What is mapped. */
  readonly from: VectorSet;
  readonly batches: EpochBatches;
}

export interface StepLosses {
  readonly generators: number;
  readonly discriminators: number;
}

/** One training of two generators against two discriminators, on standardised sets of the same width. */
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
    const drawn = both(this.#ways, (way) => this.#draw(way));
    const generators = both(this.#ways, ({ generator }) => generator.tables);
    const discriminators = both(this.#ways, ({ discriminator }) => discriminator.tables);
    const engine = this.#engine;
    const round = () => ({ ways: this.#ways, batches: both(drawn, (batch) => this.#tensors(batch)) });
    const discriminatorLoss = await gradientStep(engine, discriminators.flat(), rate, (weights) =>
      discriminatorsLoss(engine.tf, {
        ...round(),
        discriminators: divided(weights),
        generators: both(generators, (tables) => tensorsOf(engine, tables)),
      }),
    );
    const generatorLoss = await gradientStep(engine, generators.flat(), rate, (weights) =>
      generatorsLoss(
        engine.tf,
        {
          ...round(),
          generators: divided(weights),
          discriminators: both(discriminators, (tables) => tensorsOf(engine, tables)),
        },
        this.#settings,
      ),
    );
    this.#steps++;
    return { discriminators: discriminatorLoss, generators: generatorLoss };
  }

  /** @param way 0: there, 1: back. @param vectors [N, d], standardised. @returns [N, d] */
  map(way: 0 | 1, vectors: Float32Array): Promise<Float32Array> {
    return mapRows(this.#engine, this.#ways[way].generator, { vectors, width: this.#width });
  }

  #draw({ from, batches }: Way): Mapped<Float32Array> {
    const real = takeRows(from.vectors, from.width, batches.next());
    const deviation = this.#settings.noise * (1 - this.#steps / this.#settings.steps);
    const noise = () => real.map(() => deviation * this.#noise.normal());
    return { real, noiseOnReal: noise(), noiseOnMapped: noise() };
  }

  #tensors({ real, noiseOnReal, noiseOnMapped }: Mapped<Float32Array>): Mapped<Tensor2D> {
    const tensor = (rows: Float32Array) => this.#engine.tf.tensor2d(rows, [rows.length / this.#width, this.#width]);
    return { real: tensor(real), noiseOnReal: tensor(noiseOnReal), noiseOnMapped: tensor(noiseOnMapped) };
  }
}

/** The weights of both ways' networks, which are alike. */
function divided(weights: readonly Tensor2D[]): Both<readonly Tensor2D[]> {
  const half = weights.length / 2;
  return [weights.slice(0, half), weights.slice(half)];
}

function everyRow({ vectors, width }: VectorSet): Uint32Array {
  return Uint32Array.from({ length: vectors.length / width }, (_, row) => row);
}
