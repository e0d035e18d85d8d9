import { type Engine, type EngineName, loadEngine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import type { Scalar, Tensor2D } from '@kindred/objectives';
import { describe, expect, it } from 'vitest';
import { criticScores, criticSlopes } from '../src/gan/critic-network.js';
import { wassersteinGame } from '../src/gan/wasserstein-game.js';

type Matrix = readonly (readonly number[])[];

const random = new Random(3, 'critic');
const matrix = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
const [BATCH, WIDTH] = [5, 3];
const layers = (inputs: number): number[][][] => [matrix(inputs + 1, 4), matrix(5, 3), matrix(4, 1)];

/** f of one sample in plain numbers. */
function naiveScore(sample: readonly number[], weights: readonly Matrix[]): number {
  const outputs = weights.reduce<readonly number[]>((values, layer, place) => {
    const inputs = place === 0 ? values : values.map((x) => (x > 0 ? x : 0.2 * x));
    const bias = layer[inputs.length] as readonly number[];
    return bias.map((b, c) => inputs.reduce((sum, x, r) => sum + x * (layer[r]?.[c] as number), b));
  }, sample);
  return outputs[0] as number;
}

/** df/dx by central differences. */
function naiveSlope(sample: readonly number[], weights: readonly Matrix[], width: number): number[] {
  const at = (c: number, shift: number) =>
    naiveScore(
      sample.map((x, k) => (k === c ? x + shift : x)),
      weights,
    );
  return Array.from({ length: width }, (_, c) => (at(c, 1e-5) - at(c, -1e-5)) / 2e-5);
}

describe.each<EngineName>(['cpu', 'wasm', 'tensorflow'])('a critic on %s', (name) => {
  const withEngine = async (body: (engine: Engine) => Promise<void>) => {
    const engine = await loadEngine(name).catch(() => undefined);
    if (engine !== undefined) await body(engine);
  };

  it('has the scores and the slopes of its naive twin', () =>
    withEngine(async (engine) => {
      const [samples, weights] = [matrix(BATCH, WIDTH), layers(WIDTH)];
      await engine.scope(async () => {
        const { tf } = engine;
        const tensors = weights.map((layer) => tf.tensor2d(layer));
        const scores = await engine.read(criticScores(tf, tf.tensor2d(samples), tensors));
        const slopes = await engine.read(criticSlopes(tf, tf.tensor2d(samples), tensors));
        samples.forEach((sample, b) => {
          expect(scores[b]).toBeCloseTo(naiveScore(sample, weights), 4);
          naiveSlope(sample, weights, WIDTH).forEach((slope, c) => {
            expect(slopes[b * WIDTH + c]).toBeCloseTo(slope, 3);
          });
        });
      });
    }));

  it.each([false, true])('is drawn by the whole gradient of the penalty, in item space: %s', (inItems) =>
    withEngine(async (engine) => {
      const { tf } = engine;
      const [real, made, condition] = [matrix(BATCH, WIDTH), matrix(BATCH, WIDTH), matrix(BATCH, WIDTH)];
      const items = matrix(7, WIDTH); // Q
      const weights = layers(2 * WIDTH);
      const mix = real.map(() => random.next());
      const naive = (at: readonly Matrix[]) => {
        const score = (rows: Matrix) => rows.map((row, b) => naiveScore([...row, ...(condition[b] as number[])], at));
        const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
        const penalties = real.map((row, b) => {
          const share = mix[b] as number;
          const between = row.map((x, c) => share * x + (1 - share) * (made[b]?.[c] as number));
          const slope = naiveSlope([...between, ...(condition[b] as number[])], at, WIDTH);
          // By the samples themselves, or by the profile x that the rows x Q are made of.
          const ofItems = items.map((item) => item.reduce((sum, q, c) => sum + q * (slope[c] as number), 0));
          return (Math.hypot(...(inItems ? ofItems : slope)) - 1) ** 2;
        });
        return mean(score(made)) - mean(score(real)) + 10 * mean(penalties);
      };
      await engine.scope(async () => {
        const seen = (rows: number[][]) => ({
          rows: tf.tensor2d(rows),
          condition: tf.tensor2d(condition),
          squares: () => tf.ones([BATCH, 1]) as Tensor2D,
        });
        const gram = inItems ? () => tf.matMul(tf.tensor2d(items), tf.tensor2d(items), true) as Tensor2D : undefined;
        const loss = (...given: unknown[]) => {
          const round = { real: seen(real), made: seen(made), weights: given as Tensor2D[], gram };
          const places = tf.tensor2d(mix, [BATCH, 1]);
          return wassersteinGame(true, 10).discriminatorLoss(tf, round, places) as Scalar;
        };
        const { value, grads } = tf.valueAndGrads(loss)(weights.map((layer) => tf.tensor2d(layer)));
        expect((await engine.read(value))[0]).toBeCloseTo(naive(weights), 2);
        for (const [place, layer] of weights.entries()) {
          const gradient = await engine.read(grads[place] as Tensor2D);
          layer.forEach((row, r) => {
            row.forEach((x, c) => {
              const shifted = (shift: number) =>
                naive(
                  weights.map((each, k) =>
                    k === place
                      ? each.map((line, i) => line.map((y, j) => (i === r && j === c ? x + shift : y)))
                      : each,
                  ),
                );
              const expected = (shifted(1e-4) - shifted(-1e-4)) / 2e-4;
              const close = 2e-3 * Math.max(1, Math.abs(expected));
              expect(Math.abs((gradient[r * row.length + c] as number) - expected)).toBeLessThan(close);
            });
          });
        }
      });
    }),
  );

  it('would be drawn elsewhere by a gradient of a gradient of TensorFlow.js, which is why it is none', () =>
    withEngine(async (engine) => {
      const { tf } = engine;
      await engine.scope(async () => {
        const x = tf.tensor2d([[0.7]]);
        const slopeOf = (w: Tensor2D) => tf.grad((at) => tf.sum(tf.tanh(tf.matMul(at as Tensor2D, w))))(x);
        const gradient = await engine.read(tf.grad((w) => tf.sum(slopeOf(w as Tensor2D)))(tf.tensor2d([[1.3]])));
        // d/dw of w (1 - tanh^2 wx)
        const t = Math.tanh(0.91);
        const right = 1 - t * t - 2 * t * (1 - t * t) * 0.91;
        expect(gradient[0]).not.toBeCloseTo(right, 2);
      });
    }));
});
