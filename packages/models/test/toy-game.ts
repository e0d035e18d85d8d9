import { loadEngine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import {
  lossOperation,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
  zeroReconstructionLoss,
} from '@kindred/objectives';
import { criticScores } from '../src/gan/critic-network.js';
import type { AdversarialGame, Round, Seen } from '../src/gan/game.js';
import { RunState, type TrainedTable } from '../src/run-state.js';

/** A distribution whose modes are known. */
export interface Toy {
  readonly name: string;
  readonly width: number;
  /** [modes][width] */
  readonly modes: readonly (readonly number[])[];
  /** Standard deviation around a mode, by coordinate. */
  readonly spread: number;
  /** Numbers of noise, and units of the hidden layers of both sides. */
  readonly noise: number;
  readonly units: number;
  /** Samples are distributions over the coordinates, and so is what is made. */
  readonly profiles?: boolean | undefined;
  /** Both sides know of which mode a sample has to be. */
  readonly conditional?: boolean | undefined;
  /** Of what is made the discriminator sees what the mode has, and this share of the rest. Absent: all of it. */
  readonly maskShare?: number | undefined;
}

export const TWO_GAUSSIANS: Toy = {
  name: 'two Gaussians',
  width: 2,
  modes: [
    [-1, 0],
    [1, 0],
  ],
  spread: 0.15,
  noise: 2,
  units: 64,
};
export const RING_OF_EIGHT: Toy = {
  name: 'a ring of eight',
  width: 2,
  modes: Array.from({ length: 8 }, (_, k) => [Math.cos((Math.PI * k) / 4), Math.sin((Math.PI * k) / 4)]),
  spread: 0.03,
  noise: 2,
  units: 64,
};
/** The same two, where the mode is told: what is made has to be at it. */
export const TOLD_GAUSSIANS: Toy = { ...TWO_GAUSSIANS, name: 'two Gaussians that are told', conditional: true };
export const TOLD_RING: Toy = { ...RING_OF_EIGHT, name: 'a ring of eight that are told', conditional: true };
/** Three kinds of people: each has three items of nine. */
export const PROFILE_MIXTURE: Toy = {
  name: 'a mixture of profiles',
  width: 9,
  modes: [0, 1, 2].map((kind) => Array.from({ length: 9 }, (_, item) => (Math.floor(item / 3) === kind ? 1 / 3 : 0))),
  spread: 0.02,
  noise: 4,
  units: 32,
  profiles: true,
};
/** The same, where the kind is told: what is made has to be of it. */
export const TOLD_PROFILES: Toy = {
  ...PROFILE_MIXTURE,
  name: 'profiles of a kind that is told',
  noise: 2,
  units: 64,
  conditional: true,
};

/** The same, seen as CFGAN's discriminator does. */
export const MASKED_PROFILES: Toy = {
  ...TOLD_PROFILES,
  name: 'masked profiles of a kind that is told',
  maskShare: 0.5,
};

const BATCH = 64;

/** A generator of points and a discriminator, each of which can be trained while the other stands still. */
export class ToyGame {
  readonly #toy: Toy;
  readonly #game: AdversarialGame;
  readonly #random: Random;
  readonly #generator: readonly TrainedTable[];
  readonly #discriminator: readonly TrainedTable[];
  readonly #tf: TensorFlow;

  private constructor(tf: TensorFlow, toy: Toy, game: AdversarialGame, seed: number) {
    this.#tf = tf;
    this.#toy = toy;
    this.#game = game;
    this.#random = new Random(seed, toy.name);
    const state = new RunState(seed, 'toy');
    const tableOf =
      (side: string) =>
      ([inputs, outputs]: readonly [number, number], place: number) => {
        const scale = 1 / Math.sqrt(inputs);
        const values = Float32Array.from({ length: (inputs + 1) * outputs }, (_, k) =>
          k < inputs * outputs ? scale * this.#random.normal() : 0,
        );
        return state.table(`${side}${place}`, values, outputs);
      };
    const shapes = [
      [toy.noise + toldNumbers(toy), toy.units],
      [toy.units, toy.units],
      [toy.units, toy.width],
    ] as const;
    this.#generator = shapes.map(tableOf('generator'));
    this.#discriminator = game.layerShapes(toy.width, toy.units).map(tableOf('discriminator'));
  }

  /** On wasm, which is everywhere and quicker than the reference at what is small. */
  static async start(toy: Toy, game: AdversarialGame, seed = 1): Promise<ToyGame> {
    return new ToyGame((await loadEngine('wasm', { onnxRuntime: false })).tf, toy, game, seed);
  }

  /** One step of the discriminator. @param sign -1: that of a broken one @returns its loss before it */
  trainDiscriminator(rate = 0.005, sign = 1): number {
    const draw = this.#draw(BATCH);
    const mix = Float32Array.from({ length: BATCH }, () => this.#random.next());
    return this.#step(this.#discriminator, rate, (tf, weights) => {
      const round = this.#round(draw, this.#tensors(this.#generator), weights);
      return tf.mul(this.#game.discriminatorLoss(tf, round, tf.tensor2d(mix, [BATCH, 1])), sign);
    });
  }

  /** One step of the generator. @param sign -1: that of a broken one @returns its loss before it */
  trainGenerator(rate = 0.003, sign = 1): number {
    const draw = this.#draw(BATCH);
    return this.#step(this.#generator, rate, (tf, weights) => {
      const round = this.#round(draw, weights, this.#tensors(this.#discriminator));
      return tf.mul(this.#game.generatorLoss(tf, round), sign);
    });
  }

  /** One step of the generator by zero reconstruction alone, of profiles: what the kind that is told lacks is drawn to zero. */
  trainZeros(rate = 0.003, sign = 1): number {
    const { kinds, inputs } = this.#draw(BATCH);
    const lacking = kinds.flatMap((kind) => (this.#toy.modes[kind] as number[]).map((share) => (share > 0 ? 0 : 1)));
    return this.#step(this.#generator, rate, (tf, weights) => {
      const made = this.#made(inputs, BATCH, weights);
      const zeros = tf.tensor2d(lacking, made.shape);
      const loss = lossOperation(tf, { profiles: made }, ({ profiles }) => zeroReconstructionLoss(tf, profiles, zeros));
      return tf.mul(loss, sign);
    });
  }

  /**
   * Share of what is made that is near a mode (the one that was told, where one is), the share of the modes that have at least
   * a third of their due, and the mean distance from the mode.
   */
  coverage(samples = 512): { near: number; modes: number; distance: number } {
    const { width, modes, spread, conditional } = this.#toy;
    const { kinds, inputs } = this.#draw(samples);
    const points = this.#tf.tidy(() => this.#made(inputs, samples, this.#tensors(this.#generator)).dataSync());
    const counts = modes.map(() => 0);
    let total = 0;
    kinds.forEach((kind, row) => {
      const distances = modes.map((mode) => Math.hypot(...mode.map((x, c) => x - (points[row * width + c] as number))));
      const nearest = conditional ? kind : distances.indexOf(Math.min(...distances));
      const distance = distances[nearest] as number;
      total += distance;
      if (distance < 0.1 + 3 * spread * Math.sqrt(width)) counts[nearest] = (counts[nearest] as number) + 1;
    });
    const covered = counts.filter((count) => count >= samples / modes.length / 3).length;
    const near = counts.reduce((sum, count) => sum + count, 0) / samples;
    return { near, modes: covered / modes.length, distance: total / samples };
  }

  /** Share of pairs of a fresh real sample and a fresh made one in which the discriminator finds the real one more real. */
  accuracy(): number {
    const tf = this.#tf;
    const drawn = this.#draw(BATCH);
    const [real, made] = tf.tidy(() => {
      const round = this.#round(drawn, this.#tensors(this.#generator), this.#tensors(this.#discriminator));
      return [round.real, round.made].map((seen) => this.#game.realness(tf, seen, round).dataSync());
    }) as [Float32Array, Float32Array];
    const told = real.reduce((sum, one) => sum + made.filter((other) => one > other).length, 0);
    return told / (BATCH * BATCH);
  }

  #step(
    side: readonly TrainedTable[],
    rate: number,
    loss: (tf: TensorFlow, weights: readonly Tensor2D[]) => Scalar,
  ): number {
    const tf = this.#tf;
    return tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads((...weights) => loss(tf, weights as Tensor2D[]))(this.#tensors(side));
      side.forEach(({ adam }, k) => {
        adam.stepAll(Float32Array.from((grads[k] as Tensor2D).dataSync()), rate);
      });
      return value.dataSync()[0] as number;
    });
  }

  #tensors(side: readonly TrainedTable[]): Tensor2D[] {
    return side.map(({ values, width }) => this.#tf.tensor2d(values.slice(), [values.length / width, width]));
  }

  #round({ points, inputs, told, masks }: Draw, generator: readonly Tensor2D[], weights: readonly Tensor2D[]): Round {
    const tf = this.#tf;
    const seen = (rows: Tensor2D): Seen => ({
      rows,
      condition: this.#game.conditional ? tf.tensor2d(told, rows.shape) : undefined,
      squares: () => tf.sum(tf.square(rows), 1, true),
    });
    const shape = [BATCH, this.#toy.width] as [number, number];
    const made = this.#made(inputs, BATCH, generator);
    const shown = masks === undefined ? made : (tf.mul(made, tf.tensor2d(masks, shape)) as Tensor2D);
    return { real: seen(tf.tensor2d(points, shape)), made: seen(shown), weights };
  }

  #made(inputs: Float32Array, rows: number, weights: readonly Tensor2D[]): Tensor2D {
    const outputs = criticScores(this.#tf, this.#tf.tensor2d(inputs, [rows, inputs.length / rows]), weights);
    return this.#toy.profiles ? (this.#tf.softmax(outputs) as Tensor2D) : outputs;
  }

  #draw(rows: number): Draw {
    const toy = this.#toy;
    const { width, modes, spread, maskShare } = toy;
    const random = this.#random;
    const kinds = Array.from({ length: rows }, () => random.below(modes.length));
    const points = kinds.flatMap((kind) => (modes[kind] as number[]).map((x) => x + spread * random.normal()));
    const numbers = toldNumbers(toy);
    const inputs = kinds.flatMap((kind) => [
      ...Array.from({ length: toy.noise }, () => random.normal()),
      ...Array.from({ length: numbers }, (_, k) => (k === kind ? 1 : 0)),
    ]);
    const told = kinds.flatMap((kind) => Array.from({ length: width }, (_, k) => (k === kind ? 1 : 0)));
    const masksOf = (share: number) =>
      kinds.flatMap((kind) => (modes[kind] as number[]).map((x) => (x > 0 || random.next() < share ? 1 : 0)));
    return {
      kinds,
      points: Float32Array.from(points),
      inputs: Float32Array.from(inputs),
      told: Float32Array.from(told),
      masks: maskShare === undefined ? undefined : Float32Array.from(masksOf(maskShare)),
    };
  }
}

interface Draw {
  /** [B]: the mode of each sample. */
  readonly kinds: readonly number[];
  /** [B, w]: real samples. */
  readonly points: Float32Array;
  /** Of the generator: noise, and the kind where it is told. */
  readonly inputs: Float32Array;
  /** [B, w]: the kind, for the discriminator. */
  readonly told: Float32Array;
  /** [B, w]: 1 where the discriminator sees what is made. */
  readonly masks: Float32Array | undefined;
}

function toldNumbers({ conditional, modes }: Toy): number {
  return conditional ? modes.length : 0;
}
