/** A row of the catalogue. Only what the source holds is set. */
export interface LogItem {
  readonly itemId: string;
  readonly title?: string;
  readonly price?: number;
  readonly category?: string;
  /** Further columns, by their names. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Titles are typed in by people: more spellings than this are not counted for one item. */
const MAX_SPELLINGS = 16;

interface Seen {
  readonly spellings: Map<string, number>;
  price: number | undefined;
}

/** Collects titles that come along with events: memory grows with the items, not with the lines. */
export class ItemCollector {
  readonly #seen = new Map<string, Seen>();

  see(itemId: string, title: unknown, price: unknown): void {
    let item = this.#seen.get(itemId);
    if (item === undefined) {
      item = { spellings: new Map(), price: undefined };
      this.#seen.set(ownCopy(itemId), item);
    }
    const amount = price === undefined || price === '' ? Number.NaN : Number(price);
    if (Number.isFinite(amount)) item.price = amount;
    if (typeof title !== 'string' || title.trim() === '') return;
    const count = item.spellings.get(title);
    if (count !== undefined) item.spellings.set(title, count + 1);
    else if (item.spellings.size < MAX_SPELLINGS) item.spellings.set(ownCopy(title), 1);
  }

  /** Items by their ids in order; the title is the most frequent spelling (the first of equals), the price the last one. */
  list(): LogItem[] {
    const ids = [...this.#seen.keys()].sort();
    return ids.map((itemId) => {
      const { spellings, price } = this.#seen.get(itemId) as Seen;
      let title: string | undefined;
      let most = 0;
      for (const [spelling, count] of spellings) if (count > most) [title, most] = [spelling, count];
      return {
        itemId,
        ...(title === undefined ? {} : { title: title.trim() }),
        ...(price === undefined ? {} : { price }),
      };
    });
  }
}

/** A string that is a slice keeps the whole block alive that it was cut from; this one stands alone. */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
