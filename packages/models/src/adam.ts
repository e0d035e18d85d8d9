import { type AdamArrays, type Arena, findKernels, plainArena } from '@kindred/compute';
import { correction, LONGEST_GAP, MissedSteps } from './adam-schedule.js';
import { plainAdam } from './plain-adam.js';
import { inverseNorms } from './sparse-rows.js';

/**
 * Adam (Kingma and Ba, 2015) over a table of rows, in typed arrays. Betas .9 and .999, epsilon 1e-8.
 *
 * Two ways with the same result: `stepAll` moves every row in every step. `stepRows` and `stepTouched` move the rows
 * named, and the others catch up on their momentum later: before a row is read, `catchUp` has to have named it, before
 * the whole table is read, `settle`.
 */
export class Adam implements AdamArrays {
  readonly values: Float32Array;
  readonly width: number;
  /** [R, width]: running mean of the gradient. */
  readonly mean: Float32Array;
  /** [R, width]: running mean of its square. */
  readonly square: Float32Array;
  /** [R]: 1 / |row|, of rows that are caught up. */
  readonly inverseNorms: Float32Array;
  /** [R]: the step up to which each row is; 0: it never had a gradient. */
  readonly seen: Uint32Array;
  readonly #missed: MissedSteps;
  #steps = 0;
  /** Whether all rows are up to the last step without their `seen` saying so. */
  #even = true;
  /** Up to which step the tables of missed steps are laid out. */
  #laidOut = 0;

  /** @param values [R, width], updated in place by every step */
  constructor(values: Float32Array, width: number, arena: Arena = plainArena) {
    this.values = values;
    this.width = width;
    this.mean = arena.floats(values.length);
    this.square = arena.floats(values.length);
    this.inverseNorms = arena.floats(values.length / width);
    this.seen = arena.words(values.length / width);
    this.#missed = new MissedSteps(arena);
    inverseNorms(values, width, this.inverseNorms);
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Goes on from values, means and squares that were written from outside, all of them up to this step. */
  resume(steps: number): void {
    this.#steps = steps;
    this.#even = true;
    inverseNorms(this.values, this.width, this.inverseNorms);
  }

  /**
   * Moves every row, those without a gradient by their momentum. The gradient is set to zero for the next step.
   * @param gradient [R, width]
   */
  stepAll(gradient: Float32Array, rate: number): void {
    this.settle();
    this.#step(undefined, gradient, false, rate);
    this.#even = true;
  }

  /**
   * Moves the rows named; the others keep their momentum for later.
   * @param rows [n] distinct
   * @param gradients [n, width]: of row k in place k; set to zero
   */
  stepRows(rows: Uint32Array, gradients: Float32Array, rate: number): void {
    this.#stepSome(rows, gradients, true, rate);
  }

  /** As `stepRows`, with the gradients in a table of all rows, of which those named are set to zero. @param gradient [R, width] */
  stepTouched(rows: Uint32Array, gradient: Float32Array, rate: number): void {
    this.#stepSome(rows, gradient, false, rate);
  }

  /** Brings rows up to the last step, as zero gradients in the steps since would have. To be called before they are read. */
  catchUp(rows: Uint32Array): void {
    if (!this.#even) this.#catchUp(rows);
  }

  /** Brings all rows up to the last step. To be called before the table is read as a whole. */
  settle(): void {
    if (!this.#even) this.#catchUp(undefined);
  }

  #stepSome(rows: Uint32Array, gradient: Float32Array, compact: boolean, rate: number): void {
    if (this.#even) {
      this.seen.fill(this.#steps);
      this.#even = false;
    }
    this.#catchUp(rows);
    this.#step(rows, gradient, compact, rate);
    for (const row of rows) this.seen[row] = this.#steps;
    if (this.#steps % LONGEST_GAP === 0) this.settle();
  }

  #step(rows: Uint32Array | undefined, gradient: Float32Array, compact: boolean, rate: number): void {
    this.#steps++;
    const { size, epsilon } = correction(this.#steps, rate);
    this.#missed.record(this.#steps, size);
    const loops = findKernels(this.values, this.mean, this.square, this.inverseNorms, gradient) ?? plainAdam;
    loops.adamStep(this, rows, gradient, compact, size, epsilon);
  }

  #catchUp(rows: Uint32Array | undefined): void {
    if (this.#laidOut !== this.#steps) this.#missed.layOut(this.#steps);
    this.#laidOut = this.#steps;
    const { values, mean, square, seen } = this;
    const { tables } = this.#missed;
    const loops = findKernels(values, mean, square, this.inverseNorms, seen, tables) ?? plainAdam;
    loops.adamCatchUp(this, rows, this.#steps, tables);
  }
}

/** The learning rate of a step: a half cosine from `first` to `last` (Loshchilov and Hutter, 2017). */
export function cosineRate(first: number, last: number, step: number, steps: number): number {
  const done = Math.min(1, step / Math.max(1, steps));
  return last + 0.5 * (first - last) * (1 + Math.cos(Math.PI * done));
}
