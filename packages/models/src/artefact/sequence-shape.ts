/** The numbers that fix the shape of a sequence encoder. */
export interface SequenceShape {
  /** d: width of every vector in it; a multiple of `heads`. */
  readonly width: number;
  /** L: so many newest items of a history are read. */
  readonly length: number;
  readonly blocks: number;
  readonly heads: number;
  /** The hidden layer of a block is so many times as wide as its input. */
  readonly expansion: number;
  /**
   * Whether each item sees only those before it, and the last one's output is the user (next-item); else all see all,
   * and a mask put behind the newest item is (masked).
   */
  readonly causal: boolean;
}

/** A weight of the encoder: so many rows of width d of the one array that holds all of them. */
export interface WeightPlace {
  readonly name: string;
  /** As it enters the products, row-major. */
  readonly shape: readonly [rows: number, columns: number];
  /** Its first element. */
  readonly start: number;
  readonly end: number;
}

/** The weights of one block; x W with W stored [inputs, outputs]. */
const BLOCK_WEIGHTS = [
  'attentionGain',
  'attentionShift',
  'query',
  'key',
  'value',
  'attended',
  'hiddenGain',
  'hiddenShift',
  'hidden',
  'hiddenBias',
  'output',
  'outputBias',
] as const;
export type BlockWeight = (typeof BLOCK_WEIGHTS)[number];

/**
 * Where each weight stands in the one array of weights. Every size is a multiple of d, so that the array is a table of
 * width d: one optimiser, one entry of a checkpoint.
 */
export function weightPlaces(shape: SequenceShape): WeightPlace[] {
  const { width, length, blocks, expansion, causal } = shape;
  const places: WeightPlace[] = [];
  let start = 0;
  const add = (name: string, rows: number, columns: number) => {
    places.push({ name, shape: [rows, columns], start, end: start + rows * columns });
    start += rows * columns;
  };
  const inner = expansion * width;
  const shapeOf: Readonly<Record<BlockWeight, readonly [number, number]>> = {
    attentionGain: [1, width],
    attentionShift: [1, width],
    query: [width, width],
    key: [width, width],
    value: [width, width],
    attended: [width, width],
    hiddenGain: [1, width],
    hiddenShift: [1, width],
    hidden: [width, inner],
    hiddenBias: [1, inner],
    output: [inner, width],
    outputBias: [1, width],
  };
  add('positions', length, width);
  if (!causal) add('mask', 1, width);
  for (let block = 0; block < blocks; block++) {
    for (const name of BLOCK_WEIGHTS) add(blockWeight(block, name), ...shapeOf[name]);
  }
  add('finalGain', 1, width);
  add('finalShift', 1, width);
  return places;
}

/**
 * Which position an item of a sequence of `count` has: counted from the oldest where each sees only those before it;
 * from the newest where all see all, so that what is asked at the end of a short and of a long history is the same.
 */
export function positionOf({ causal }: Pick<SequenceShape, 'causal'>, place: number, count: number): number {
  return causal ? place : count - 1 - place;
}

/** Name of a block's weight. */
export function blockWeight(block: number, name: BlockWeight): string {
  return `block${block}.${name}`;
}

/** Elements of the array of all weights. */
export function weightCount(shape: SequenceShape): number {
  return weightPlaces(shape).at(-1)?.end ?? 0;
}
