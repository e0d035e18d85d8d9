const NONE: ReadonlySet<number> = new Set();

/** Item positions that must not be returned: withheld from everybody, or excluded by this request. */
export class Exclusions {
  readonly #withheld: ReadonlySet<number>;
  readonly #own = new Set<number>();

  /** @param withheld shared between requests, not copied: it may be large */
  constructor(withheld: ReadonlySet<number> = NONE) {
    this.#withheld = withheld;
  }

  /** Undefined, an item that the model does not know, excludes nothing. */
  add(position: number | undefined): void {
    if (position !== undefined && !this.#withheld.has(position)) this.#own.add(position);
  }

  has(position: number): boolean {
    return this.#own.has(position) || this.#withheld.has(position);
  }

  /** How many different positions are excluded. */
  get size(): number {
    return this.#own.size + this.#withheld.size;
  }
}
