/** An item of an answer. */
export interface ScoredItem {
  readonly itemId: string;
  /** The inner product with the user's vector, or popularity where nothing is known of them. */
  readonly score: number;
}
