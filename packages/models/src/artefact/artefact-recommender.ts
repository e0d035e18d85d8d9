import { type Recommender, rowEntries, type UserBatch } from '@kindred/domain';
import { plainMatmul, transposed } from '../baselines/matmul.js';
import { bestOthers } from './best-others.js';
import { baseOf, encodeHistory } from './encode-history.js';
import { additionsOf, isJoined, vectorShareOf } from './item-union.js';
import type { ModelArtefact } from './model-artefact.js';
import type { PseudoItems } from './pseudo-history.js';
import { pseudoItemsOf } from './pseudo-items.js';

/** The product of two row-major matrices [m, k] and [k, n]; an engine's `matmul` fits. */
export type ScoreProduct = (
  a: Float32Array,
  shapeA: readonly [number, number],
  b: Float32Array,
  shapeB: readonly [number, number],
  options: { readonly out: Float32Array },
) => Promise<Float32Array>;

/** What joins the history of a row of a batch; undefined: nothing. */
export type PseudoItemsOfRow = (batch: UserBatch, row: number) => PseudoItems | undefined;

export interface RecommenderOptions {
  readonly matmul?: ScoreProduct | undefined;
  /** Pseudo-items from elsewhere, for studies; absent: as the artefact augments. */
  readonly pseudoItems?: PseudoItemsOfRow | undefined;
}

/**
 * An artefact under the recommender contract. Trained users take the vector of their table where the artefact keeps
 * one; all others are encoded from the history of the batch, by the same function that serving uses.
 */
export function artefactRecommender(artefact: ModelArtefact, options: RecommenderOptions = {}): Recommender {
  const itemCount = artefact.items.length;
  const multiply = options.matmul === undefined ? plainScores(artefact) : engineScores(artefact, options.matmul);
  const scoreWith = async (batch: UserBatch, scores: Float32Array, pseudo?: readonly (PseudoItems | undefined)[]) => {
    await multiply(userVectors(artefact, batch, pseudo), scores);
    if (isJoined(artefact)) joinScores(artefact, batch, scores, pseudo);
  };
  return {
    name: artefact.method,
    itemCount,
    async score(batch: UserBatch, scores: Float32Array): Promise<void> {
      const block = scores.subarray(0, batch.history.rowCount * itemCount);
      const { pseudoItems } = options;
      const isSelf = pseudoItems === undefined && artefact.augmentation?.source.kind === 'self';
      if (isSelf) await scoreWith(batch, block);
      const pseudo = rowsOf(batch).map((row) =>
        pseudoItems === undefined ? ownPseudoItems(artefact, batch, row, block) : pseudoItems(batch, row),
      );
      if (!isSelf || pseudo.some((found) => found !== undefined)) await scoreWith(batch, block, pseudo);
    },
  };
}

function rowsOf({ history }: UserBatch): number[] {
  return Array.from({ length: history.rowCount }, (_, row) => row);
}

/** As the artefact augments; nothing for trained users who have a vector of their own. @param scores [B, I] without it */
function ownPseudoItems(
  artefact: ModelArtefact,
  batch: UserBatch,
  row: number,
  scores: Float32Array,
): PseudoItems | undefined {
  if (artefact.augmentation === undefined || trainedVector(artefact, batch.users?.[row]) !== undefined)
    return undefined;
  const [items, strengths] = rowEntries(batch.history, row);
  const itemCount = artefact.items.length;
  const own = scores.subarray(row * itemCount, (row + 1) * itemCount);
  return pseudoItemsOf(artefact, items, strengths, (count) => bestOthers(own, items, count), timesOf(batch, row));
}

/** Adds to the scores of the vectors what the artefact joins them by. @param scores [B, I] */
function joinScores(
  artefact: ModelArtefact,
  { history }: UserBatch,
  scores: Float32Array,
  pseudo: readonly (PseudoItems | undefined)[] = [],
): void {
  const itemCount = artefact.items.length;
  const share = vectorShareOf(artefact);
  const sums = new Float64Array(itemCount);
  for (let row = 0; row < history.rowCount; row++) {
    const own = scores.subarray(row * itemCount, (row + 1) * itemCount);
    const { positions, values } = additionsOf(artefact, ...rowEntries(history, row), sums, pseudo[row]);
    if (share !== 1 && positions.length > 0) for (let j = 0; j < itemCount; j++) own[j] = share * (own[j] as number);
    positions.forEach((position, k) => {
      own[position] = (own[position] as number) + (values[k] as number);
    });
  }
}

/** From vectors [B, D] to scores [B, I]. */
type Scores = (vectors: Float32Array, scores: Float32Array) => Promise<unknown>;

/** The items' vectors are transposed once: products without a transposed side are the fast ones on every engine. */
function engineScores({ itemVectors, items, dimensions }: ModelArtefact, matmul: ScoreProduct): Scores {
  const columns = transposed(itemVectors, [items.length, dimensions]); // [D, I]
  return (vectors, scores) =>
    matmul(vectors, [vectors.length / dimensions, dimensions], columns, [dimensions, items.length], { out: scores });
}

function plainScores({ itemVectors, items, dimensions }: ModelArtefact): Scores {
  return async (vectors, scores) => {
    const shape = [vectors.length / dimensions, dimensions] as const;
    scores.set(await plainMatmul(vectors, shape, itemVectors, [items.length, dimensions], { transposeB: true }));
  };
}

/** The vector of every user of a batch. [B, D] @param pseudo [B] what joins each history; absent: nothing */
export function userVectors(
  artefact: ModelArtefact,
  batch: UserBatch,
  pseudo: readonly (PseudoItems | undefined)[] = [],
): Float32Array {
  const { dimensions } = artefact;
  const rows = batch.history.rowCount;
  const vectors = new Float32Array(rows * dimensions);
  for (let r = 0; r < rows; r++) {
    const user = batch.users?.[r];
    const own = () =>
      encodeHistory(artefact, ...rowEntries(batch.history, r), timesOf(batch, r), baseOf(artefact, user), pseudo[r]);
    vectors.set(trainedVector(artefact, user) ?? own(), r * dimensions);
  }
  return vectors;
}

/** Of one row's history, in the order of its entries. */
function timesOf({ history, times }: UserBatch, row: number): Float64Array | undefined {
  return times?.subarray(history.offsets[row], history.offsets[row + 1]);
}

function trainedVector({ users, dimensions }: ModelArtefact, user: number | undefined): Float32Array | undefined {
  if (user === undefined || users === undefined || user >= users.ids.length) return undefined;
  return users.vectors.subarray(user * dimensions, (user + 1) * dimensions);
}
