import type { Arena } from '@kindred/compute';

/** Adam's betas and epsilon (Kingma and Ba, 2015). */
export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** Rows are never left behind by more steps: after so many, a momentum is less than 1e-11 of what it was. */
export const LONGEST_GAP = 256;
const STRIDE = LONGEST_GAP + 1;
/** What a step's share in the movement loses for every step that it is later: the mean decays, its divisor as well. */
const RATIO = BETA_1 / Math.sqrt(BETA_2);

/** The bias correction of both means, folded into the step size and the epsilon. */
export function correction(step: number, rate: number): { readonly size: number; readonly epsilon: number } {
  const root = Math.sqrt(1 - BETA_2 ** step);
  return { size: (rate * root) / (1 - BETA_1 ** step), epsilon: EPSILON * root };
}

/**
 * What the missed steps t + 1 .. t + n would have done to a row with a gradient of zero, by n alone. In step t + j the
 * row moves by size(t + j) B1^j m / (sqrt(B2^j s) + epsilon(t + j)), m and s its means at t. Up to epsilon that is
 * m / (sqrt(s) + epsilon(t)) times a sum that is the same for all rows of the same n:
 *   move(n) = sum_j size(t + j) (B1 / sqrt(B2))^j,  t + n = now
 * Exact but for epsilon's share: with q = sqrt(B2^j) each term is off by a factor within epsilon(t + j) /
 * (q sqrt(s) + epsilon(t + j)) of 1, next to nothing wherever the root of s is large against 1e-8.
 */
export class MissedSteps {
  /** [4, STRIDE] by n: move, epsilon(t), B1^n, B2^n. */
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
    for (let n = 1; n <= Math.min(now, LONGEST_GAP); n++) {
      move = RATIO * ((this.#sizes[(now - n + 1) % LONGEST_GAP] as number) + move);
      this.tables[n] = move;
      this.tables[STRIDE + n] = correction(now - n, 0).epsilon;
    }
  }
}
