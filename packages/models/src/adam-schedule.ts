import type { Arena } from '@kindred/compute';

/** Adam's betas and epsilon (Kingma and Ba, 2015). */
export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** Rows are never left behind by more steps: after so many, a momentum is less than 1e-11 of what it was. */
export const LONGEST_GAP = 256;
const STRIDE = LONGEST_GAP + 1;
const ROOT_2 = Math.sqrt(BETA_2);
/** What a step's share in the movement loses for every step that it is later: the mean decays, its divisor as well. */
const RATIO = BETA_1 / ROOT_2;

/** The bias correction of both means, folded into the step size and the epsilon. */
export function correction(step: number, rate: number): { readonly size: number; readonly epsilon: number } {
  const root = Math.sqrt(1 - BETA_2 ** step);
  return { size: (rate * root) / (1 - BETA_1 ** step), epsilon: EPSILON * root };
}

/**
 * What the missed steps t + 1 .. t + n would have done to a row with a gradient of zero, by n alone. In step t + j the
 * row moves by size(t + j) B1^j m / (q^j r + epsilon(t + j)), m its mean and r the root of its square at t, q = sqrt(B2).
 * The sum over j is taken as
 *   move(n) m / (r + e(n)),  move(n) = sum_j size(t + j) (B1 / q)^j,  e(n) = the mean of epsilon(t + j) / q^j so weighted
 * which is the same for all rows of the same n, exact where epsilon is nothing beside r, and right to first order in
 * epsilon / r: what is left is its square times the variance of epsilon(t + j) / q^j, which hardly varies while a
 * momentum lasts.
 */
export class MissedSteps {
  /** [4, STRIDE] by n: move, e, B1^n, B2^n. */
  readonly tables: Float32Array;
  /** Of step k at k % LONGEST_GAP. */
  readonly #sizes = new Float64Array(LONGEST_GAP);

  constructor(arena: Arena) {
    this.tables = arena.floats(4 * STRIDE);
    for (let n = 0; n < STRIDE; n++) {
      this.tables[2 * STRIDE + n] = BETA_1 ** n;
      this.tables[3 * STRIDE + n] = BETA_2 ** n;
    }
  }

  /** A step was taken. */
  record(step: number, size: number): void {
    this.#sizes[step % LONGEST_GAP] = size;
  }

  /** Lays the tables out for rows that are to be brought up to the step `now`. */
  layOut(now: number): void {
    let move = 0;
    let weighted = 0;
    for (let n = 1; n <= Math.min(now, LONGEST_GAP); n++) {
      const first = now - n + 1;
      const size = this.#sizes[first % LONGEST_GAP] as number;
      move = RATIO * (size + move);
      weighted = (RATIO / ROOT_2) * (size * correction(first, 0).epsilon + weighted);
      this.tables[n] = move;
      this.tables[STRIDE + n] = move > 0 ? weighted / move : 1;
    }
  }
}
