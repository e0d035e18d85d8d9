import type { RunState } from '../run-state.js';

/** Owner of a place that no batch has filled yet: its random key is a negative of everybody. */
const NOBODY = 0xffff_ffff;

/**
 * The last K keys, oldest out first (He et al., 2020). A batch goes in whole, around the end of the storage where it
 * must; of a batch larger than the queue the last K keys stay. All of it lies in arrays of the run's state, so that a
 * checkpoint holds it.
 */
export class KeyQueue {
  /** [K, d], in the order of storage, not of age. */
  readonly keys: Float32Array;
  /** [K]: the user of each key. */
  readonly owners: Uint32Array;
  readonly #width: number;
  /** [1]: where the next key goes. */
  readonly #next: Uint32Array;

  /** Begins with random directions, as the paper's does. */
  constructor(state: RunState, size: number, width: number) {
    const random = state.random('queue');
    this.#width = width;
    this.keys = state.array(
      'queueKeys',
      [size, width],
      Float32Array.from({ length: size * width }, () => random.normal() / Math.sqrt(width)),
    );
    this.owners = state.array('queueOwners', [size], new Uint32Array(size).fill(NOBODY));
    this.#next = state.array('queueNext', [1], new Uint32Array(1));
  }

  /**
   * @param owners [n]
   * @param keys [n, d]
   */
  push(owners: Uint32Array, keys: Float32Array): void {
    const size = this.owners.length;
    const width = this.#width;
    let at = this.#next[0] as number;
    for (let k = 0; k < owners.length; k++) {
      this.owners[at] = owners[k] as number;
      this.keys.set(keys.subarray(k * width, (k + 1) * width), at * width);
      at = (at + 1) % size;
    }
    this.#next[0] = at;
  }

  /** [n, K]: `hidden` where the key is of the query's own user, else 0. @param users [n] of the queries */
  ownKeys(users: Uint32Array, hidden: number): Float32Array {
    const size = this.owners.length;
    const mask = new Float32Array(users.length * size);
    for (let b = 0; b < users.length; b++) {
      for (let k = 0; k < size; k++) if (this.owners[k] === users[b]) mask[b * size + k] = hidden;
    }
    return mask;
  }
}
