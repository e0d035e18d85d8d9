import type { SparseMatrix } from '@kindred/domain';
import type { SequenceShape } from './sequence-shape.js';

/**
 * A trained model as typed arrays: what evaluation ranks with, what the index holds and what serving encodes with.
 * No tensor, no engine, no table of users unless the method keeps one.
 *
 * A score is the inner product of a user's vector with an item's vector. The last dimension carries the prior of
 * popularity: the item's holds the (scaled) log of its recent popularity, the user's holds how much of it to add.
 */
export interface ModelArtefact {
  /** Name of the method that trained it. */
  readonly method: string;
  /** The settings it was trained with, rules already applied. */
  readonly settings: Readonly<Record<string, number | string>>;
  /** [I]: item ids, in index order. */
  readonly items: readonly string[];
  /** D: length of a served vector, the encoder's width + 1; how much of it was learned says `learnedWidth`. */
  readonly dimensions: number;
  /** [I, D]: unit vector of each item (of an encoder of layers of any length), then its prior. */
  readonly itemVectors: Float32Array;
  readonly encoder: HistoryEncoder;
  /** [I]: popularity in the prior's window, > 0: what to show to someone of whom nothing is known. */
  readonly fallbackScores: Float32Array;
  /** Vectors of the trained users, where the method learns them; everybody else is encoded from their history. */
  readonly users?: UserVectors | undefined;
  /**
   * What is added to the sum of a known user's history before it is brought to length one ([U, D - 1]), where the
   * method learns that; unlike `users`, it goes with whatever the user has done since.
   */
  readonly userBases?: UserVectors | undefined;
  /** An item-to-item model whose scores join those of the vectors; see `additionsOf`. */
  readonly union?: ItemUnion | undefined;
  /** Where people take the same things again: what they have stands first, ranked by how much and by the model. */
  readonly ownItemsFirst?: OwnItemsFirst | undefined;
  /** What short histories are helped by: items that join them (`pseudoItemsOf`), or more of the prior (`encodeHistory`). */
  readonly augmentation?: Augmentation | undefined;
  /** Groups of histories, by the method itself or by k-means; see `segmentOf`. */
  readonly segments?: Segments | undefined;
  /** Where the method reads texts: how an item that nobody has had yet gets its vector; see `encodeItemText`. */
  readonly textEncoder?: ItemTextEncoder | undefined;
}

export interface ItemUnion {
  /** Name of the item-to-item model. */
  readonly name: string;
  /** W, [I, I]: rows are items of a history, columns the items that are scored. */
  readonly weights: SparseMatrix;
  /** What the best item by W gets, of a history that is fully trusted. */
  readonly share: number;
  /** How much of the vectors' score counts: 1, or so little that it only orders what W leaves equal. */
  readonly vectorShare: number;
}

export interface OwnItemsFirst {
  /** How much the log of the strength counts against the model's logit. */
  readonly strengthWeight: number;
}

export interface Augmentation {
  /** k: how many items join a history; 0 for `popularity`. */
  readonly count: number;
  /**
   * w0: what each of them counts beside a single real item, or how many times more the prior counts there; less beside
   * several, see `pseudoWeight`.
   */
  readonly weight: number;
  readonly source: AugmentationSource;
}

/** What helps a short history: more of the prior of popularity and no items, or who says which items join it. */
export type AugmentationSource = { readonly kind: 'popularity' } | PseudoItemSource;

/** Who says what somebody might have beside what they have. */
export type PseudoItemSource =
  /** The model itself: its own best items. */
  | { readonly kind: 'self' }
  /** The users most alike: what they have. */
  | {
      readonly kind: 'neighbours';
      readonly neighbours: number;
      /** [U, I], values 1: what they are found by and have. */
      readonly histories: SparseMatrix;
    }
  /** Another model, over the same items: what it holds most likely (`itemDistribution`). */
  | { readonly kind: 'generated'; readonly generator: ModelArtefact };

export interface Segments {
  /** [S, D - 1]: the unit vector that the members of each segment point to. */
  readonly vectors: Float32Array;
  /** The method's own prototypes, or k-means on the vectors of the trained users. */
  readonly foundBy: 'prototypes' | 'k-means';
  /** Adjusted Rand index against k-means with other seeds; undefined for prototypes, which no reseeding makes anew. */
  readonly stability?: number | undefined;
}

/** The text tower: hashed terms to a vector in the space of the items. */
export interface ItemTextEncoder {
  /** [F]: weight of each bucket of hashed terms; 0 where training saw none. */
  readonly bucketWeights: Float32Array;
  /** [F, D - 1]: the vector of each bucket. */
  readonly bucketVectors: Float32Array;
  /** [F]: what each bucket adds to the prior that is expected of an item without events. */
  readonly bucketPriors: Float32Array;
  /** The mean prior of the items: what is expected where the text says nothing of it. */
  readonly prior: number;
}

export interface UserVectors {
  /** [U]: user ids, in index order. */
  readonly ids: readonly string[];
  /** [U, D], or [U, D - 1] for bases */
  readonly vectors: Float32Array;
}

/** How a history becomes a user's vector; see `encodeHistory`. */
export type HistoryEncoder = SumEncoder | SequenceEncoder | LayersEncoder;

interface EncoderBase {
  /** [I, D - 1]: what each item of a history adds, or what a sequence is read as; for layers as wide as the first. */
  readonly contextVectors: Float32Array;
  /** The temperature of training: score differences divided by it are differences of log-probability. */
  readonly temperature: number;
  /** What a user with a history puts into the last dimension: 1 adds the prior, 0 leaves it out. */
  readonly priorWeight: number;
}

/** The normalised sum of the items, in whatever order. */
export interface SumEncoder extends EncoderBase {
  readonly kind: 'sum';
  /** [I]: weight of each item in a history, 1 / sqrt(its users in train) for the default method. */
  readonly itemScale: Float32Array;
  /** k: sqrt(n / (n + k)) of a history of n items is trusted; 0 trusts all of it. */
  readonly shrinkage: number;
}

/** A transformer over the newest items in order of time; strengths only say which items count. */
export interface SequenceEncoder extends EncoderBase {
  readonly kind: 'sequence';
  readonly shape: SequenceShape;
  /** All weights in one array, laid out by `weightPlaces`. */
  readonly weights: Float32Array;
}

/** Dense layers over the weighted sum of the items, or over what convolutions make of them; see `encodeLayers`. */
export interface LayersEncoder extends EncoderBase {
  readonly kind: 'layers';
  /** Where the order of a history counts: what stands in place of the sum. */
  readonly convolution?: HistoryConvolution | undefined;
  /** Where the segment of a history counts: what is added before the first layer. */
  readonly segments?: SegmentShifts | undefined;
  /** In order; the first adds its bias to the sum, the last one's outputs are D - 1. */
  readonly layers: readonly DenseLayer[];
  /** Where the encoder has a latent that can be sampled: how far it spreads. */
  readonly spread?: LatentSpread | undefined;
  /** Where the encoder takes noise: absent, or without a seed, it is zero. */
  readonly noise?: NoiseInput | undefined;
  /** Where a style made of the history shapes every layer: without a seed, the style of noise that is zero. */
  readonly style?: LayerStyle | undefined;
}

/** What a method that serves layers has of its own. */
export type ServedLayers = Omit<LayersEncoder, keyof EncoderBase | 'kind'>;

/** Convolutions over the newest items in order of time; see `convolve`. */
export interface HistoryConvolution {
  /** So many newest items are read; not more than 2^n, n the convolutions. */
  readonly items: number;
  /** [window w, w] each, the window's places oldest first; w the outputs of the first layer. */
  readonly kernels: readonly Float32Array[];
}

/** Segments of histories by where their sums point, and what is added for each. */
export interface SegmentShifts {
  /** [S, w], unit vectors; w the outputs of the first layer. */
  readonly centres: Float32Array;
  /** [S, w] */
  readonly shifts: Float32Array;
}

export interface DenseLayer {
  readonly outputs: number;
  readonly activation: 'tanh' | 'linear';
  /** So many outputs that are farthest from zero are kept, the others are zero. Absent: all. */
  readonly keep?: number | undefined;
  /** [inputs + 1, outputs], the bias as the last row. */
  readonly weights: Float32Array;
}

export interface LatentSpread {
  /** Place of the layer whose outputs are the means. */
  readonly layer: number;
  /** [inputs + 1, outputs] of that layer: gives the log of the variances. */
  readonly weights: Float32Array;
}

/** Standard normal numbers that enter beside the history. */
export interface NoiseInput {
  /** Place of the layer whose outputs they are added to, before its activation. */
  readonly layer: number;
  /** [noise, outputs] of that layer. */
  readonly weights: Float32Array;
}

/** A style, made of noise and of the sum by layers of its own, scales and shifts what every layer gives. */
export interface LayerStyle {
  /** How many standard normal numbers stand before the sum. */
  readonly noise: number;
  /** From both to the style w. */
  readonly mapping: readonly DenseLayer[];
  /** For each layer [w, 2 outputs]: what the style adds to a factor of 1, then to what is multiplied by it. */
  readonly modulations: readonly Float32Array[];
}
