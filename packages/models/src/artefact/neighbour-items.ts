import { type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { rowNorms, SparseCombination } from '../baselines/sparse-combination.js';
import { drainPositions } from '../baselines/sparse-rows-builder.js';
import { bestOthers } from './best-others.js';

/** Squared norms and products are numbers of items, but for rounding. */
const HALF_AN_ITEM = 0.5;

/**
 * What the people who are most alike have: of the users of the histories those with the highest cosine to somebody's
 * items, and of what these have the items with the most votes, each vote as heavy as its voter is alike.
 */
export class NeighbourItems {
  readonly #neighbours: number;
  readonly #norms: Float64Array; // [U]
  readonly #products: SparseCombination; // of somebody's items with all users
  readonly #votes: SparseCombination; // what the neighbours have
  readonly #ones: Float32Array; // [I]

  /** @param histories [U, I], values 1 @param neighbours how many people are asked */
  constructor(histories: SparseMatrix, neighbours: number) {
    this.#neighbours = Math.min(neighbours, histories.rowCount);
    this.#norms = rowNorms(histories);
    this.#products = new SparseCombination(transpose(histories));
    this.#votes = new SparseCombination(histories);
    this.#ones = new Float32Array(histories.columnCount).fill(1);
  }

  /**
   * @param items [n] distinct; what is looked for people with
   * @param owned [m] what is not proposed
   * @returns at most `count` items, most votes first
   */
  propose(items: Uint32Array, owned: Uint32Array, count: number): Uint32Array {
    const products = this.#products;
    const votes = this.#votes;
    const root = Math.sqrt(items.length);
    const similarity = (user: number) => (products.sums[user] as number) / (root * (this.#norms[user] as number));
    const heap = new TopK(this.#neighbours);
    products.combine(items, this.#ones);
    for (const user of products.touched) if (this.#hasOthers(user)) heap.offer(similarity(user), user);
    const alike = drainPositions(heap);
    votes.combine(alike, Float64Array.from(alike, similarity));
    const best = bestOthers(votes.sums, owned, count);
    const voted = best.filter((item) => (votes.sums[item] as number) > 0);
    products.clear();
    votes.clear();
    return voted;
  }

  /** Whether somebody has more than what is looked for people with: who has not can propose nothing. */
  #hasOthers(user: number): boolean {
    return (this.#norms[user] as number) ** 2 > (this.#products.sums[user] as number) + HALF_AN_ITEM;
  }
}
