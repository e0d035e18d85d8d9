import { type Engine, loadEngine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import type { Scalar, Tensor2D } from '@kindred/objectives';
import {
  type Both,
  both,
  discriminatorsLoss,
  generatorsLoss,
  type Mapped,
  other,
  type Round,
  type WayNetworks,
} from '../src/cyclegan/cyclegan-losses.js';
import type { CycleGanSettings } from '../src/cyclegan/cyclegan-settings.js';
import { gradientStep, mapRows, tensorsOf } from '../src/cyclegan/gradient-step.js';
import { createDiscriminator, createGenerator, type Network } from '../src/cyclegan/mapping-network.js';
import { slicedDistance } from '../src/cyclegan/sliced-distance.js';
import { moved, standardise, type VectorSet } from '../src/cyclegan/vector-set.js';
import { RunState } from '../src/run-state.js';
import { takeRows } from '../src/sparse-rows.js';
import { plantedDomains } from './planted-domains.js';

type LossWeights = Pick<CycleGanSettings, 'adversarialWeight' | 'cycleWeight' | 'identityWeight'>;

const [BATCH, UNITS, NOISE] = [64, 24, 0.1];

/** Both ways between the planted domains, where mappings and discriminators can be trained while the others stand still. */
export class CycleGame {
  readonly #engine: Engine;
  /** Both domains, and people of each who are not trained on; standardised. */
  readonly #sets: Both<VectorSet>;
  readonly #fresh: Both<VectorSet>;
  readonly #ways: Both<WayNetworks>;
  readonly #random = new Random(1, 'cycle game');

  private constructor(engine: Engine, turns: Both<number>) {
    const { source, target, asked, answers } = plantedDomains();
    const [there, back] = [standardise(source, 'source'), standardise(target, 'target')];
    const state = new RunState(1, 'cycle game');
    this.#engine = engine;
    this.#sets = [there, back];
    this.#fresh = [
      { vectors: moved(asked.vectors, there), width: 2 },
      { vectors: moved(answers, back), width: 2 },
    ];
    this.#ways = both(turns, (turn, way) => ({
      generator: createGenerator(state, `generator ${way}`, { width: 2, hidden: 0 }, rotation(turn)),
      discriminator: createDiscriminator(state, `discriminator ${way}`, { width: 2, hidden: UNITS }),
    }));
  }

  /** @param turns how far each way turns at the start, in radians; the domains are apart by 1 and -1 */
  static async start(turns: Both<number> = [0, 0]): Promise<CycleGame> {
    return new CycleGame(await loadEngine('wasm', { onnxRuntime: false }), turns);
  }

  /** @param sign -1: of a broken loss */
  async trainDiscriminators(steps: number, sign = 1): Promise<void> {
    const { tf } = this.#engine;
    const sides = this.#tables('discriminator');
    await this.#train(sides.flat(), steps, 0.02, (weights, round) =>
      tf.mul(discriminatorsLoss(tf, { ...round, discriminators: halves(weights) }), sign),
    );
  }

  /** @param weights of the losses, negative: of a broken loss; those that are left out are 0 */
  async trainGenerators(steps: number, weights: Partial<LossWeights>): Promise<void> {
    const { tf } = this.#engine;
    const sides = this.#tables('generator');
    const all = { adversarialWeight: 0, cycleWeight: 0, identityWeight: 0, ...weights };
    await this.#train(sides.flat(), steps, 0.01, (own, round) =>
      generatorsLoss(tf, { ...round, generators: halves(own) }, all),
    );
  }

  /** Share of pairs of somebody of where a way leads and somebody mapped in which the real one looks more real; of each way. */
  async accuracy(): Promise<Both<number>> {
    return this.#ofWays(async (way, mapped) => {
      const [real, made] = [await this.#judged(way, this.#fresh[other(way)]), await this.#judged(way, mapped)];
      return mean(real.map((one) => made.filter((other) => one > other).length / made.length));
    });
  }

  /** How real those who are mapped look to the discriminators, of each way. */
  async realness(): Promise<Both<number>> {
    return this.#ofWays(async (way, mapped) => mean(await this.#judged(way, mapped)));
  }

  /** Sliced distance of those who are mapped to those of where they come, of each way. */
  async distance(): Promise<Both<number>> {
    return this.#ofWays(async (way, mapped) =>
      slicedDistance(mapped, this.#fresh[other(way)], new Random(1, 'distance')),
    );
  }

  /** Mean square of how far from where they began those are who went there and back, of each way first. */
  async cycleError(): Promise<Both<number>> {
    return this.#ofWays(async (way, mapped) => {
      const returned = await mapRows(this.#engine, this.#ways[other(way)].generator, mapped);
      return squaredDistance(returned, this.#fresh[way].vectors);
    });
  }

  /** Mean square of how far those of where a way leads are moved by it, of each way. */
  async displacement(): Promise<Both<number>> {
    return this.#ofWays(async (way) => {
      const there = this.#fresh[other(way)];
      const mapped = await mapRows(this.#engine, this.#ways[way].generator, there);
      return squaredDistance(mapped, there.vectors);
    });
  }

  #tables(side: keyof WayNetworks): Both<Network['tables']> {
    return both(this.#ways, (networks) => networks[side].tables);
  }

  async #train(side: Network['tables'], steps: number, rate: number, lossOf: LossOf): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const drawn = both(this.#sets, (set) => this.#draw(set));
      await gradientStep(this.#engine, side, rate, (weights) => lossOf(weights, this.#round(drawn)));
    }
  }

  #draw({ vectors, width }: VectorSet): Mapped<Float32Array> {
    const real = takeRows(vectors, width, this.#random.sample(vectors.length / width, BATCH));
    const noise = () => real.map(() => NOISE * this.#random.normal());
    return { real, noiseOnReal: noise(), noiseOnMapped: noise() };
  }

  /** To be called in a scope of the engine. */
  #round(drawn: Both<Mapped<Float32Array>>): Round {
    const tensor = (rows: Float32Array) => this.#engine.tf.tensor2d(rows, [BATCH, rows.length / BATCH]);
    const tensors = (side: keyof WayNetworks) => both(this.#tables(side), (tables) => tensorsOf(this.#engine, tables));
    return {
      ways: this.#ways,
      batches: both(drawn, ({ real, noiseOnReal, noiseOnMapped }) => ({
        real: tensor(real),
        noiseOnReal: tensor(noiseOnReal),
        noiseOnMapped: tensor(noiseOnMapped),
      })),
      generators: tensors('generator'),
      discriminators: tensors('discriminator'),
    };
  }

  #judged(way: 0 | 1, set: VectorSet): Promise<Float32Array> {
    return mapRows(this.#engine, this.#ways[way].discriminator, set);
  }

  async #ofWays(measure: (way: 0 | 1, mapped: VectorSet) => Promise<number>): Promise<Both<number>> {
    const of = async (way: 0 | 1) => {
      const { width } = this.#fresh[way];
      return measure(way, { vectors: await mapRows(this.#engine, this.#ways[way].generator, this.#fresh[way]), width });
    };
    return [await of(0), await of(1)];
  }
}

type LossOf = (weights: readonly Tensor2D[], round: Round) => Scalar;

/** The weights of both ways, one after the other. */
function halves(weights: readonly Tensor2D[]): Both<readonly Tensor2D[]> {
  const half = weights.length / 2;
  return [weights.slice(0, half), weights.slice(half)];
}

/** [2, 2]: x W turns x by so many radians. */
function rotation(turn: number): Float32Array {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return Float32Array.of(cos, sin, -sin, cos);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squaredDistance(values: Float32Array, others: Float32Array): number {
  return mean(values.map((value, k) => (value - (others[k] as number)) ** 2));
}
