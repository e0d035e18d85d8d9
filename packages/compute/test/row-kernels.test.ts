import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createArena, findKernels, plainArena } from '../src/index.js';

describe('the generated kernels', () => {
  it('are those of their source', async (context) => {
    // @ts-expect-error a plain script without types
    const generator = await import('../scripts/generate.mjs').catch(() => undefined);
    if (generator === undefined) return context.skip('the compiler, assemblyscript, is not installed');
    expect(readFileSync(generator.GENERATED, 'utf8')).toBe(await generator.compiledKernels());
  }, 300_000);
});

describe('an arena', () => {
  it('hands out zeros and copies, aligned, apart from each other and never moved', () => {
    const arena = createArena();
    const first = arena.floats(3);
    const second = arena.place(Uint32Array.of(1, 2, 3, 4, 5));
    const third = arena.floats(7_000_000);
    first.fill(9);
    third.fill(8);
    expect([...first]).toEqual([9, 9, 9]);
    expect([...second]).toEqual([1, 2, 3, 4, 5]);
    expect(arena.words(2)).toEqual(Uint32Array.of(0, 0));
    for (const array of [first, second, third]) expect(array.byteOffset % 64).toBe(0);
    expect(third.buffer).toBe(first.buffer);
  });

  it('has kernels for its own arrays only', () => {
    const [one, other] = [createArena(), createArena()];
    expect(findKernels(one.floats(1), one.words(1), undefined)).toBeDefined();
    expect(findKernels(one.floats(1), other.floats(1))).toBeUndefined();
    expect(findKernels(one.floats(1), new Float32Array(1))).toBeUndefined();
    expect(findKernels(plainArena.floats(1))).toBeUndefined();
  });

  it('goes on outside where its memory is full', () => {
    const arena = createArena();
    const inside = arena.floats(1);
    let last = inside;
    for (let k = 0; k < 5 && last.buffer === inside.buffer; k++) last = arena.floats(2 ** 28); // 1 GiB, never written to
    expect(last.buffer).not.toBe(inside.buffer);
    expect(findKernels(inside, last)).toBeUndefined();
    expect(arena.floats(4).buffer).toBe(inside.buffer);
  });
});
