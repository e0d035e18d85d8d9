import { fnv1a } from './fnv1a.js';

/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, 2018), seeded by splitmix32 from a number
 * and a label, so that each consumer has a stream of its own and adding one never shifts another.
 */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number, label = '') {
    let mix = (Math.trunc(seed) ^ fnv1a(label)) >>> 0;
    mix = (mix + Math.imul(Math.trunc(seed / 0x1_0000_0000) >>> 0, 0x85ebca6b)) >>> 0;
    this.#state = new Uint32Array(4);
    for (let k = 0; k < 4; k++) {
      mix = (mix + 0x9e3779b9) >>> 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[k] = (z ^ (z >>> 15)) >>> 0;
    }
  }

  /** The four words of state, to be put into a checkpoint. */
  save(): number[] {
    return [...this.#state];
  }

  /** Continues from saved words. */
  restore(words: readonly number[]): void {
    this.#state.set(words);
  }

  /** Uniform in 0 .. 2^32 - 1. */
  uint32(): number {
    const s = this.#state;
    const s1 = s[1] as number;
    const scrambled = Math.imul(s1, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s[2] = (s[2] as number) ^ (s[0] as number);
    s[3] = (s[3] as number) ^ s1;
    s[1] = s1 ^ (s[2] as number);
    s[0] = (s[0] as number) ^ (s[3] as number);
    s[2] = (s[2] as number) ^ t;
    const s3 = s[3] as number;
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /** Uniform whole number in 0 .. bound - 1, without modulo bias. */
  below(bound: number): number {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let drawn = this.uint32();
    while (drawn >= limit) drawn = this.uint32();
    return drawn % bound;
  }

  /** Standard normal (Box and Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle<T extends { [index: number]: number; length: number }>(values: T): T {
    for (let k = values.length - 1; k > 0; k--) {
      const other = this.below(k + 1);
      const kept = values[k] as number;
      values[k] = values[other] as number;
      values[other] = kept;
    }
    return values;
  }

  /** `count` distinct numbers of 0 .. bound - 1, in random order (Floyd's algorithm, shuffled). */
  sample(bound: number, count: number): Uint32Array {
    const drawn = new Uint32Array(count);
    // Which are drawn: an open table of number + 1, at most half full. A Set would leave a hundred times its size as garbage.
    const bits = 33 - Math.clz32(count);
    const table = new Uint32Array(2 ** bits);
    const placeOf = (value: number): number => {
      let place = Math.imul(value, 0x9e3779b1) >>> (32 - bits);
      while (table[place] !== 0 && table[place] !== value + 1) place = (place + 1) % table.length;
      return place;
    };
    for (let k = 0; k < count; k++) {
      const top = bound - count + k;
      const candidate = this.below(top + 1);
      const value = table[placeOf(candidate)] === 0 ? candidate : top;
      table[placeOf(value)] = value + 1;
      drawn[k] = value;
    }
    return this.shuffle(drawn);
  }
}
