import { ownCopy } from './log-items.js';

/** Names in order of appearance, each with its number. One can serve several tables, so that their numbers agree. */
export class Vocabulary {
  readonly names: string[] = [];
  readonly #codes = new Map<string, number>();

  find(name: string): number | undefined {
    return this.#codes.get(name);
  }

  /** @returns the number of a name that was not there before */
  add(name: string): number {
    const kept = ownCopy(name);
    const code = this.names.push(kept) - 1;
    this.#codes.set(kept, code);
    return code;
  }
}
