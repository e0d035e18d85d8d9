import { type Arena, createArena, findKernels, plainArena } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { Adam, cosineRate } from '../src/adam.js';
import { plainRows } from '../src/plain-rows.js';
import * as rowLoops from '../src/sparse-rows.js';

const WIDTHS = [1, 3, 4, 5, 127, 128];
const ROWS = 11;

function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  for (let k = 0; k < actual.length; k++) {
    const [a, e] = [actual[k] as number, expected[k] as number];
    if (!(Math.abs(a - e) <= within * Math.max(1, Math.abs(e)))) expect.fail(`[${k}] is ${a}, not ${e}`);
  }
}

/** Rows of 0, 1, 2, 3, 4, 5, 6, 7 … entries; every array in the arena. */
function problem(width: number, arena: Arena) {
  const random = new Random(4, `kernels ${width}`);
  const normals = (length: number) => arena.place(Float32Array.from({ length }, () => random.normal()));
  const offsets = Uint32Array.from({ length: ROWS + 1 }, (_, row) => (row * (row - 1)) / 2);
  const entries = offsets[ROWS] as number;
  return {
    pattern: {
      offsets: arena.place(offsets),
      columns: arena.place(Uint32Array.from({ length: entries }, () => random.below(ROWS))),
    },
    weights: normals(entries),
    scale: normals(ROWS),
    table: normals(ROWS * width),
    other: normals(ROWS * width),
    rows: Uint32Array.of(7, 0, 10, 1, 5, 2),
    out: normals(6 * width),
  };
}

describe.each(WIDTHS)('row kernels of width %i', (width) => {
  const [plain, fast] = [problem(width, plainArena), problem(width, createArena())];

  it('are there', () => {
    expect(findKernels(fast.table, fast.out, fast.pattern.offsets, fast.weights)).toBeDefined();
    expect(findKernels(plain.table, plain.out)).toBeUndefined();
  });

  it.each<[string, 'out' | 'table' | 'scale' | 'other', (loops: typeof rowLoops, p: typeof plain) => void]>([
    ['gather sums', 'out', (l, p) => l.gatherRowSums(p.pattern, p.weights, p.rows, p.table, width, p.out)],
    ['scale them', 'out', (l, p) => l.gatherRowSums(p.pattern, p.weights, p.rows, p.table, width, p.out, p.scale)],
    ['scatter sums', 'table', (l, p) => l.scatterRowSums(p.pattern, p.weights, p.rows, p.out, width, p.table)],
    ['add rows', 'table', (l, p) => l.addRows(p.out, p.rows, width, p.table)],
    ['add a row twice', 'table', (l, p) => l.addRows(p.out, Uint32Array.of(3, 3), width, p.table)],
    ['take rows', 'out', (l, p) => l.takeRows(p.table, width, p.rows, p.out)],
    ['measure rows', 'scale', (l, p) => l.inverseNorms(p.table, width, p.scale)],
    ['project rows', 'other', (l, p) => l.projectRows(p.other, p.table, p.scale, p.rows, width)],
  ])('%s as plain loops do', (_, written, call) => {
    for (const p of [fast, plain]) call(rowLoops, p);
    closeTo(fast[written], plain[written]);
  });

  it('give the same bytes twice', () => {
    const sums = () => {
      const p = problem(width, createArena());
      rowLoops.gatherRowSums(p.pattern, p.weights, p.rows, p.table, width, p.out, p.scale);
      return p.out;
    };
    expect(sums()).toEqual(sums());
  });
});

describe.each(WIDTHS)('Adam of width %i', (width) => {
  function trained(arena: Arena, byRows: boolean) {
    const random = new Random(5, `adam ${width}`);
    const values = arena.place(Float32Array.from({ length: ROWS * width }, () => random.normal()));
    const adam = new Adam(values, width, arena);
    const gradient = arena.floats(ROWS * width);
    for (let step = 0; step < 40; step++) {
      const rows = random.sample(ROWS, 1 + random.below(ROWS - 2)).filter((row) => row !== 4);
      for (const row of rows) for (let c = 0; c < width; c++) gradient[row * width + c] = 1e-3 * random.normal();
      if (byRows) adam.stepTouched(Uint32Array.from(rows), gradient, 0.02);
      else adam.stepAll(gradient, 0.02);
    }
    adam.settle();
    expect(gradient.every((value) => value === 0)).toBe(true);
    return adam;
  }

  it.each([true, false])('moves by kernels as by plain loops, rows alone: %s', (byRows) => {
    const [fast, plain] = [trained(createArena(), byRows), trained(plainArena, byRows)];
    closeTo(fast.values, plain.values, 1e-5);
    closeTo(fast.inverseNorms, plain.inverseNorms, 1e-5);
    closeTo(fast.mean, plain.mean);
    closeTo(fast.square, plain.square);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'by kernels as by plain loops is %s no gradient to pass over',
    (value) => {
      const movedBy = (arena: Arena) => {
        const adam = new Adam(arena.place(new Float32Array(2 * width).fill(1)), width, arena);
        const gradient = arena.floats(2 * width);
        gradient.fill(value, width);
        adam.stepAll(gradient, 0.02);
        return [...adam.values];
      };
      const expected = [...new Float32Array(width).fill(1), ...new Float32Array(width).fill(Number.NaN)];
      expect(movedBy(plainArena)).toEqual(expected);
      expect(movedBy(createArena())).toEqual(expected);
    },
  );
});

it('has loops of the same names as the plain ones', () => {
  expect(Object.keys(rowLoops).sort()).toEqual(Object.keys(plainRows).sort());
});

describe('Adam by rows', () => {
  const [rows, width, steps] = [9, 5, 700];

  /** Gradients of sizes from 1e-6 to 1 in rows at random, some rows hundreds of steps apart, the last never; the rate falls. */
  function trained(arena: Arena, byRows: boolean, catchesUp = true) {
    const random = new Random(6, 'lazy');
    const adam = new Adam(
      arena.place(Float32Array.from({ length: rows * width }, () => random.normal())),
      width,
      arena,
    );
    const gradient = arena.floats(rows * width);
    const seen: number[] = [];
    for (let step = 0; step < steps; step++) {
      const named = Array.from({ length: rows - 1 }, (_, row) => row).filter((row) => random.next() < 3 ** -row);
      const touched = Uint32Array.from(named);
      if (catchesUp) adam.catchUp(touched);
      seen.push(...named.map((row) => adam.values[row * width] as number));
      for (const row of named) {
        for (let c = 0; c < width; c++) gradient[row * width + c] = 10 ** (-6 * random.next()) * random.normal();
      }
      const rate = cosineRate(0.03, 0.003, step, steps);
      if (byRows) adam.stepTouched(touched, gradient, rate);
      else adam.stepAll(gradient, rate);
    }
    adam.settle();
    return { adam, seen };
  }

  it.each([
    ['plain loops', plainArena],
    ['kernels', createArena()],
  ])('ends where dense Adam ends, and reads what it reads on the way: %s', (_, arena) => {
    const [byRows, dense] = [trained(arena, true), trained(arena, false)];
    closeTo(byRows.seen, dense.seen, 2e-5);
    closeTo(byRows.adam.values, dense.adam.values, 2e-5);
    closeTo(byRows.adam.mean, dense.adam.mean, 1e-6);
    closeTo(byRows.adam.square, dense.adam.square, 1e-6);
    closeTo(byRows.adam.inverseNorms, dense.adam.inverseNorms, 2e-5);
    const untouched = (rows - 1) * width;
    expect(byRows.adam.values.slice(untouched)).toEqual(dense.adam.values.slice(untouched));
  });

  it('would read other values without catching up', () => {
    const [late, dense] = [trained(plainArena, true, false).seen, trained(plainArena, false).seen];
    expect(Math.max(...late.map((value, k) => Math.abs(value - (dense[k] as number))))).toBeGreaterThan(1e-2);
  });
});
