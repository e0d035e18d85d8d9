import { type Event, type ItemId, KindredError, Random, type UserId } from '@kindred/domain';
import type { LogItem } from './log-items.js';
import { DEPARTMENTS, type Department } from './synthetic-shop-words.js';

export interface SyntheticShopOptions {
  readonly users: number;
  readonly items: number;
  /** Length of the log, exactly. */
  readonly events: number;
  readonly seed: number;
  /** Length of the time axis; default 180 days. */
  readonly days?: number;
  /** End of the time axis, Unix milliseconds; default 2026-01-01. */
  readonly endMs?: number;
}

/** What the generator planted: what a perfect model would find, and no model is told. */
export interface SyntheticTruth {
  /** User → number of their segment. */
  readonly segmentOfUser: ReadonlyMap<string, number>;
  readonly categoryOfItem: ReadonlyMap<string, string>;
  /** Segment → the categories that it shops in. */
  readonly favouritesOfSegment: readonly (readonly string[])[];
  /** Share of views that go to a favourite category; the others go anywhere, the favourites among them. */
  readonly favouriteShare: number;
  /** The category whose demand grows fourfold from the first day to the last. */
  readonly risingCategory: string;
  /** Categories that are bought again after 20 to 40 days. */
  readonly consumables: readonly string[];
}

export interface SyntheticShop {
  /** In the order of time. */
  readonly events: Event[];
  readonly items: LogItem[];
  readonly truth: SyntheticTruth;
}

const SEGMENTS = 6;
const FAVOURITES = 2;
const FAVOURITE_SHARE = 0.85;
const CART_RATE = 0.3;
const PURCHASE_RATE = 0.6;
const RETURN_RATE = 0.07;
const REBUY_RATE = 0.5;
const DAY_MS = 86_400_000;

/**
 * A shop whose structure is known: six segments of customers, each with two favourite categories out of twelve;
 * within a category popularity falls as 1 / rank^0.9; a third of the items is launched later and starts with a boost
 * that halves every 15 days; one category rises; consumables are bought again; visits go view → cart → purchase →
 * now and then return. Some customers come far more often than others, and there are more visits towards the end.
 * The same options give the same shop. Every user has an event; an item that nobody found may have none.
 * @throws KindredError USAGE for counts that make no shop
 */
export function syntheticShop(options: SyntheticShopOptions): SyntheticShop {
  check(options);
  const shelves = stockShelves(options);
  const segmentOf = new Random(options.seed, 'shop segments').shuffle(
    Array.from({ length: options.users }, (_, user) => user % SEGMENTS),
  );
  const events = new Visits(options, shelves, segmentOf).run();
  const categories = shelves.map(({ department }) => department.category);
  return {
    events,
    items: shelves.flatMap(({ items }) => items).sort((a, b) => (a.itemId < b.itemId ? -1 : 1)),
    truth: {
      segmentOfUser: new Map(segmentOf.map((segment, user) => [userName(user), segment])),
      categoryOfItem: new Map(
        shelves.flatMap(({ items, department }) => items.map(({ itemId }) => [itemId, department.category])),
      ),
      favouritesOfSegment: Array.from({ length: SEGMENTS }, (_, segment) =>
        favourites(segment).map((shelf) => categories[shelf] as string),
      ),
      favouriteShare: FAVOURITE_SHARE,
      risingCategory: categories[0] as string,
      consumables: DEPARTMENTS.filter(({ consumable }) => consumable).map(({ category }) => category),
    },
  };
}

function check({ users, items, events }: SyntheticShopOptions): void {
  const whole = [users, items, events].every((count) => Number.isSafeInteger(count) && count >= 1);
  if (!whole || items < DEPARTMENTS.length || events < users) {
    throw new KindredError(
      'USAGE',
      `a shop needs whole counts, at least ${DEPARTMENTS.length} items and an event for each user`,
    );
  }
}

const userName = (user: number): string => `customer-${String(user + 1).padStart(5, '0')}`;
/** Positions of a segment's favourite shelves. */
const favourites = (segment: number): number[] =>
  Array.from({ length: FAVOURITES }, (_, k) => segment * FAVOURITES + k);

interface Shelf {
  readonly department: Department;
  readonly items: readonly LogItem[];
  /** [items]: Unix milliseconds */
  readonly launchMs: readonly number[];
}

function stockShelves({ items, seed, ...axis }: SyntheticShopOptions): Shelf[] {
  const random = new Random(seed, 'shop shelves');
  const { startMs, endMs } = timeAxis(axis);
  return DEPARTMENTS.map((department, shelf) => {
    const count = Math.floor(items / DEPARTMENTS.length) + (shelf < items % DEPARTMENTS.length ? 1 : 0);
    const { makes, goods } = department;
    const order = random.shuffle(Array.from({ length: makes.length * goods.length }, (_, k) => k));
    const shelfItems = Array.from({ length: count }, (_, k) => {
      const name = order[k % order.length] as number;
      const edition = k < order.length ? '' : ` No. ${Math.floor(k / order.length) + 1}`;
      const price = Math.max(1, Math.round(department.medianPrice * Math.exp(random.normal() * 0.4))) - 0.05;
      return {
        itemId: `${shelf + 10}${String(k + 1).padStart(4, '0')}`,
        title: `${makes[name % makes.length]} ${goods[Math.floor(name / makes.length)]}${edition}`,
        price: Math.round(price * 100) / 100,
        category: department.category,
      };
    });
    const launchMs = shelfItems.map(() =>
      random.next() < 2 / 3 ? startMs - 365 * DAY_MS : startMs + random.next() * (endMs - startMs),
    );
    return { department, items: shelfItems, launchMs };
  });
}

function timeAxis({ days = 180, endMs = Date.UTC(2026, 0, 1) }: { days?: number; endMs?: number }): {
  startMs: number;
  endMs: number;
} {
  return { startMs: endMs - days * DAY_MS, endMs };
}

type Draft = Omit<Event, 'id'>;

class Visits {
  readonly #random: Random;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #drafts: Draft[] = [];
  /** [users] running sums of how often each user comes. */
  readonly #activity: Float64Array;
  /** One list of running sums for each shelf and week, made when first needed. */
  readonly #demand = new Map<string, Float64Array>();

  constructor(
    private readonly options: SyntheticShopOptions,
    private readonly shelves: readonly Shelf[],
    private readonly segmentOf: readonly number[],
  ) {
    this.#random = new Random(options.seed, 'shop visits');
    ({ startMs: this.#startMs, endMs: this.#endMs } = timeAxis(options));
    this.#activity = runningSums(segmentOf.map(() => Math.exp(this.#random.normal() * 0.9)));
  }

  run(): Event[] {
    const { users, events: wanted, seed } = this.options;
    for (let user = 0; user < users; user++) this.#look(user, this.#time());
    while (this.#drafts.length < wanted) this.#visit(draw(this.#activity, this.#random));
    this.#drafts.length = wanted; // the last visit may have run over
    return this.#drafts
      .sort((a, b) => (a.timeMs as number) - (b.timeMs as number))
      .map((draft, index) => ({ ...draft, id: `shop-${seed}-${index + 1}` }));
  }

  #visit(user: number): void {
    let timeMs = this.#time();
    do {
      this.#view(user, timeMs);
      timeMs += 20_000 + this.#random.below(160_000);
    } while (this.#random.next() < 0.55 && timeMs < this.#endMs);
  }

  #view(user: number, timeMs: number): void {
    const { item, department } = this.#look(user, timeMs);
    if (this.#random.next() >= CART_RATE) return;
    this.#add(user, item, 'cart', timeMs + 5000);
    if (this.#random.next() < PURCHASE_RATE) this.#purchase(user, item, department, timeMs + 60_000);
  }

  #look(user: number, timeMs: number): { item: LogItem; department: Department } {
    const shelfIndex = this.#shelf(user, timeMs);
    const { items, department } = this.shelves[shelfIndex] as Shelf;
    const item = items[draw(this.#demandAt(shelfIndex, timeMs), this.#random)] as LogItem;
    this.#add(user, item, 'view', timeMs);
    return { item, department };
  }

  #purchase(user: number, item: LogItem, department: Department, timeMs: number): void {
    const quantity = this.#random.next() < 0.8 ? 1 : 2 + this.#random.below(3);
    this.#add(user, item, 'purchase', timeMs, quantity);
    if (this.#random.next() < RETURN_RATE)
      this.#add(user, item, 'return', timeMs + (3 + this.#random.below(18)) * DAY_MS, quantity);
    else if (department.consumable && this.#random.next() < REBUY_RATE) {
      const againMs = timeMs + (20 + this.#random.below(21)) * DAY_MS;
      if (againMs < this.#endMs) this.#purchase(user, item, department, againMs);
    }
  }

  /** What would happen after the end of the axis is not in the log. */
  #add(user: number, item: LogItem, type: string, timeMs: number, value?: number): void {
    if (timeMs >= this.#endMs) return;
    const ids = { userId: userName(user) as UserId, itemId: item.itemId as ItemId };
    this.#drafts.push({ ...ids, type, timeMs: Math.round(timeMs), value, properties: undefined });
  }

  /** Twice as many visits at the end as at the beginning. */
  #time(): number {
    const share = (Math.sqrt(1 + 3 * this.#random.next()) - 1) * (this.#endMs - this.#startMs);
    return Math.min(this.#startMs + share, this.#endMs - 1);
  }

  #shelf(user: number, timeMs: number): number {
    const own = favourites(this.segmentOf[user] as number);
    if (this.#random.next() < FAVOURITE_SHARE) return this.#oneOf(own, timeMs);
    return this.#oneOf(
      this.shelves.map((_, shelf) => shelf),
      timeMs,
    );
  }

  /** The first shelf is the rising one: its weight grows from 1 to 4. */
  #oneOf(shelves: readonly number[], timeMs: number): number {
    const passed = (timeMs - this.#startMs) / (this.#endMs - this.#startMs);
    const weights = runningSums(shelves.map((shelf) => (shelf === 0 ? 1 + 3 * passed : 2)));
    return shelves[draw(weights, this.#random)] as number;
  }

  #demandAt(shelfIndex: number, timeMs: number): Float64Array {
    const week = Math.floor((timeMs - this.#startMs) / (7 * DAY_MS));
    const key = `${shelfIndex} ${week}`;
    let sums = this.#demand.get(key);
    if (sums === undefined) {
      sums = runningSums(demandOfWeek(this.shelves[shelfIndex] as Shelf, this.#startMs + (week + 1) * 7 * DAY_MS));
      this.#demand.set(key, sums);
    }
    return sums;
  }
}

/** 1 / rank^0.9, boosted after the launch; nothing before it (the first item of a shelf is always there). */
function demandOfWeek(shelf: Shelf, weekEndMs: number): number[] {
  return shelf.launchMs.map((launchMs, rank) => {
    const ageDays = (weekEndMs - launchMs) / DAY_MS;
    if (ageDays < 0 && rank > 0) return 0;
    return (1 + 4 * 0.5 ** (Math.max(0, ageDays) / 15)) / (rank + 1) ** 0.9;
  });
}

function runningSums(weights: readonly number[]): Float64Array {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (const [index, weight] of weights.entries()) {
    sum += weight;
    sums[index] = sum;
  }
  return sums;
}

/** A position with the probability of its weight: the first whose running sum is above a uniform draw. */
function draw(sums: Float64Array, random: Random): number {
  const target = random.next() * (sums.at(-1) as number);
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
