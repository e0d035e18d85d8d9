import { describe, expect, it } from 'vitest';
import { KeyQueue } from '../src/moco/key-queue.js';
import { RunState } from '../src/run-state.js';
import { copyOfState } from './learned-fixture.js';

/** Keys of width 2 that tell their number. */
const keysOf = (numbers: readonly number[]) => Float32Array.from(numbers.flatMap((number) => [number, -number]));

/** What a queue holds, oldest first: the slow twin is an array. */
function heldBy(queue: KeyQueue, next: number): { owners: number[]; keys: number[] } {
  const size = queue.owners.length;
  const places = Array.from({ length: size }, (_, k) => (next + k) % size);
  return {
    owners: places.map((k) => queue.owners[k] as number),
    keys: places.map((k) => queue.keys[2 * k] as number),
  };
}

describe('KeyQueue', () => {
  // Batches that divide the queue and that do not, of the queue's size and one off, and larger than it.
  it.each([
    [12, 4],
    [12, 5],
    [7, 6],
    [7, 7],
    [7, 8],
    [5, 13],
    [1, 3],
    [3, 1],
  ])('of size %i holds the last keys of batches of %i, none dropped, none twice', (size, batch) => {
    const state = new RunState(1, 'test');
    const queue = new KeyQueue(state, size, 2);
    const next = state.save().tensors.queueNext?.data as Uint32Array;
    let sent: number[] = [];
    for (let round = 0; round < 9; round++) {
      const numbers = Array.from({ length: batch }, (_, k) => 1 + round * batch + k);
      queue.push(Uint32Array.from(numbers), keysOf(numbers));
      sent = [...sent, ...numbers];
      const held = heldBy(queue, next[0] as number);
      const expected = sent.slice(-size);
      expect(held.owners.slice(-expected.length)).toEqual(expected);
      expect(held.keys.slice(-expected.length)).toEqual(expected);
    }
  });

  it('hides from a query the keys of its own user, and none of those that it began with', () => {
    const queue = new KeyQueue(new RunState(1, 'test'), 4, 2);
    expect([...queue.ownKeys(Uint32Array.of(0, 3), -9)]).toEqual(new Array(8).fill(0));
    queue.push(Uint32Array.of(3, 0, 3), keysOf([1, 2, 3]));
    expect([...queue.ownKeys(Uint32Array.of(3, 7), -9)]).toEqual([-9, 0, -9, 0, 0, 0, 0, 0]);
  });

  it('goes on from a checkpoint where it stood', () => {
    const state = new RunState(1, 'test');
    const queue = new KeyQueue(state, 5, 2);
    queue.push(Uint32Array.of(1, 2, 3), keysOf([1, 2, 3]));
    const other = new RunState(2, 'test');
    const resumed = new KeyQueue(other, 5, 2);
    other.restore(copyOfState(state.save()));
    for (const one of [queue, resumed]) one.push(Uint32Array.of(4, 5, 6, 7), keysOf([4, 5, 6, 7]));
    expect(other.save()).toEqual(state.save());
  });
});
