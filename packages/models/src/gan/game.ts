import type { Scalar, Tensor2D, TensorFlow } from '@kindred/objectives';

/** Samples as a discriminator sees them. */
export interface Seen {
  /** [B, w]: x Q of a profile x, Q the discriminator's vectors of the items. */
  readonly rows: Tensor2D;
  /** [B, w]: the same of what is left of the user's profile; absent where the game goes without. */
  readonly condition?: Tensor2D | undefined;
  /** |x|^2, [B, 1] */
  squares(): Tensor2D;
}

/** What a discriminator judges by. */
export interface Judge {
  /** Q' Q over the catalogue, [w, w]: lengths in item space by it. Absent: the rows themselves are the samples. */
  readonly gram?: (() => Tensor2D) | undefined;
  /** Of the discriminator's layers, in order, [inputs + 1, outputs], the bias as the last row. */
  readonly weights: readonly Tensor2D[];
}

/** What both sides are judged by: row b of the real and of the made samples is about the same user. */
export interface Round extends Judge {
  readonly real: Seen;
  readonly made: Seen;
}

/** A game of two, as losses of both sides. The methods differ in it. */
export interface AdversarialGame {
  /** Whether the discriminator sees the condition. */
  readonly conditional: boolean;
  /**
   * Inputs, without the bias, and outputs of the discriminator's layers.
   * @param width w, of the rows
   * @param units of its hidden layers
   */
  layerShapes(width: number, units: number): readonly (readonly [inputs: number, outputs: number])[];
  /** @param mix uniform in 0 .. 1, [B, 1]: where between real and made a game may look */
  discriminatorLoss(tf: TensorFlow, round: Round, mix: Tensor2D): Scalar;
  generatorLoss(tf: TensorFlow, round: Round): Scalar;
  /** How real samples look to the discriminator, by what its loss compares: the more, the more real. [B, 1] */
  realness(tf: TensorFlow, seen: Seen, judge: Judge): Tensor2D;
}

/** What a critic of scores reads: the sample, and its condition where there is one. */
export function criticInputs(tf: TensorFlow, { rows, condition }: Pick<Seen, 'rows' | 'condition'>): Tensor2D {
  return condition === undefined ? rows : tf.concat2d([rows, condition], 1);
}

/** Layers of a critic of scores: two hidden ones. */
export function criticShapes(width: number, units: number, conditional: boolean) {
  return [
    [conditional ? 2 * width : width, units],
    [units, units],
    [units, 1],
  ] as const;
}
