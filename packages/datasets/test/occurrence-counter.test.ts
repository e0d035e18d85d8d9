import { createHash } from 'node:crypto';
import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { OccurrenceCounter } from '../src/occurrence-counter.js';

const id = (content: number) => createHash('sha256').update(String(content)).digest('hex').slice(0, 32);

describe('OccurrenceCounter', () => {
  it('counts like a Map, through growth', () => {
    const counter = new OccurrenceCounter();
    const naive = new Map<number, number>();
    const random = new Random(3);
    for (let k = 0; k < 20_000; k++) {
      const content = random.below(6000);
      const before = naive.get(content) ?? 0;
      expect(counter.next(id(content))).toBe(before);
      naive.set(content, before + 1);
    }
  });

  it('remembers one generation back and forgets what is older', () => {
    const counter = new OccurrenceCounter(10);
    expect(counter.next(id(0))).toBe(0);
    for (let k = 1; k < 15; k++) counter.next(id(k));
    expect(counter.next(id(0))).toBe(1);
    expect(counter.next(id(0))).toBe(2);
    for (let k = 100; k < 125; k++) counter.next(id(k));
    expect(counter.next(id(0))).toBe(0);
  });

  it('puts equal fingerprints of different slots apart', () => {
    const counter = new OccurrenceCounter();
    expect(counter.next('0000000100000000')).toBe(0);
    expect(counter.next('0000000200000000')).toBe(0);
    expect(counter.next('0000000100000000')).toBe(1);
  });
});
