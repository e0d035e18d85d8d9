/** Adam (Kingma and Ba, 2015) over a table of rows, in typed arrays. Betas .9 and .999, epsilon 1e-8. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export class Adam {
  /** [R, width]: running mean of the gradient. */
  readonly mean: Float32Array;
  /** [R, width]: running mean of its square. */
  readonly square: Float32Array;
  readonly #values: Float32Array;
  readonly #width: number;
  /** Steps taken. */
  steps = 0;

  /** @param values [R, width], updated in place by every step */
  constructor(values: Float32Array, width: number) {
    this.#values = values;
    this.#width = width;
    this.mean = new Float32Array(values.length);
    this.square = new Float32Array(values.length);
  }

  /**
   * Moves every row, those without a gradient by their momentum. The gradient is set to zero for the next step.
   * @param gradient [R, width]
   * @param inverseNorms [R]: receives 1 / |row| of the new values, as they are stored
   */
  stepAll(gradient: Float32Array, rate: number, inverseNorms: Float32Array): void {
    this.steps++;
    const { size, epsilon } = this.#correction(rate);
    const values = this.#values;
    const mean = this.mean;
    const square = this.square;
    const width = this.#width;
    for (let row = 0, k = 0; row < inverseNorms.length; row++) {
      let squaredNorm = 0;
      for (const end = k + width; k < end; k++) {
        const g = gradient[k] as number;
        const m = BETA_1 * (mean[k] as number) + (1 - BETA_1) * g;
        const s = BETA_2 * (square[k] as number) + (1 - BETA_2) * g * g;
        const value = Math.fround((values[k] as number) - (size * m) / (Math.sqrt(s) + epsilon));
        mean[k] = m;
        square[k] = s;
        values[k] = value;
        gradient[k] = 0;
        squaredNorm += value * value;
      }
      inverseNorms[row] = 1 / Math.sqrt(squaredNorm + 1e-12);
    }
  }

  /**
   * Moves only the rows named, as if the others' gradients were unknown rather than zero (lazy Adam).
   * @param rows [n] distinct
   * @param gradients [n, width]
   */
  stepRows(rows: Uint32Array, gradients: Float32Array, rate: number): void {
    this.steps++;
    const { size, epsilon } = this.#correction(rate);
    const values = this.#values;
    const mean = this.mean;
    const square = this.square;
    const width = this.#width;
    for (let r = 0; r < rows.length; r++) {
      const start = (rows[r] as number) * width;
      for (let c = 0; c < width; c++) {
        const k = start + c;
        const g = gradients[r * width + c] as number;
        const m = BETA_1 * (mean[k] as number) + (1 - BETA_1) * g;
        const s = BETA_2 * (square[k] as number) + (1 - BETA_2) * g * g;
        mean[k] = m;
        square[k] = s;
        values[k] = (values[k] as number) - (size * m) / (Math.sqrt(s) + epsilon);
      }
    }
  }

  /** The bias correction of both means, folded into the step size and the epsilon. */
  #correction(rate: number): { size: number; epsilon: number } {
    const root = Math.sqrt(1 - BETA_2 ** this.steps);
    return { size: (rate * root) / (1 - BETA_1 ** this.steps), epsilon: EPSILON * root };
  }
}

/** The learning rate of a step: a half cosine from `first` to `last` (Loshchilov and Hutter, 2017). */
export function cosineRate(first: number, last: number, step: number, steps: number): number {
  const done = Math.min(1, step / Math.max(1, steps));
  return last + 0.5 * (first - last) * (1 + Math.cos(Math.PI * done));
}
