/**
 * Counts how often a content was met before, in bounded memory: open addressing over 64-bit fingerprints (the first
 * 16 hex digits of a content id), 10 bytes a slot, at most half full: 20 to 40 bytes for each distinct content.
 *
 * At `generationSize` distinct contents (default 2^22, 84 MB) a new table is begun and only the one before it is kept,
 * so memory stays below twice that for a file of any size. A repeat that stands further away than that many distinct
 * lines counts as a first occurrence: it then has the id of its twin and is stored once. Deterministic for a file.
 *
 * Two contents with equal fingerprints (about one chance in 2 million within a generation) only number one of them
 * higher than needed; none is lost.
 */
export class OccurrenceCounter {
  readonly #generationSize: number;
  #current: FingerprintTable;
  #previous: FingerprintTable | undefined;

  constructor(generationSize = 1 << 22) {
    this.#generationSize = generationSize;
    this.#current = new FingerprintTable(1024);
  }

  /** How often this content was met before; counts it once more. @param id at least 16 hex digits */
  next(id: string): number {
    const high = Number.parseInt(id.slice(0, 8), 16);
    const low = Number.parseInt(id.slice(8, 16), 16);
    const known = this.#current.increment(high, low);
    if (known > 0) return known;
    const before = this.#previous?.count(high, low) ?? 0;
    if (before > 0) this.#current.set(high, low, before + 1);
    if (this.#current.size >= this.#generationSize) {
      this.#previous = this.#current;
      this.#current = new FingerprintTable(1024);
    }
    return before;
  }
}

const COUNT_LIMIT = 0xffff;

class FingerprintTable {
  #highs: Uint32Array;
  #lows: Uint32Array;
  #counts: Uint16Array; // 0 marks a free slot
  size = 0;

  constructor(slots: number) {
    this.#highs = new Uint32Array(slots);
    this.#lows = new Uint32Array(slots);
    this.#counts = new Uint16Array(slots);
  }

  count(high: number, low: number): number {
    return this.#counts[this.#slotOf(high, low)] as number;
  }

  set(high: number, low: number, count: number): void {
    this.#counts[this.#slotOf(high, low)] = Math.min(count, COUNT_LIMIT);
  }

  /** Adds one and returns the count from before. Beyond 65,535 repeats the number stays there. */
  increment(high: number, low: number): number {
    const slot = this.#slotOf(high, low);
    const count = this.#counts[slot] as number;
    if (count === 0) {
      this.#highs[slot] = high;
      this.#lows[slot] = low;
      this.size++;
    }
    if (count < COUNT_LIMIT) this.#counts[slot] = count + 1;
    if (count === 0 && this.size * 2 > this.#counts.length) this.#grow();
    return count;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#counts.length - 1;
    let slot = low & mask;
    while (this.#counts[slot] !== 0 && (this.#lows[slot] !== low || this.#highs[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [highs, lows, counts] = [this.#highs, this.#lows, this.#counts];
    this.#highs = new Uint32Array(highs.length * 2);
    this.#lows = new Uint32Array(highs.length * 2);
    this.#counts = new Uint16Array(highs.length * 2);
    for (let from = 0; from < counts.length; from++) {
      if (counts[from] === 0) continue;
      const slot = this.#slotOf(highs[from] as number, lows[from] as number);
      this.#highs[slot] = highs[from] as number;
      this.#lows[slot] = lows[from] as number;
      this.#counts[slot] = counts[from] as number;
    }
  }
}
