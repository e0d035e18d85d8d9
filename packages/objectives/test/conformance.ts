import { type Engine, type EngineName, type EngineOptions, loadEngine } from '@kindred/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASKED, type Tensor2D } from '../src/index.js';
import { expectClose } from './expect-close.js';
import type { BatchSize, LossOnBatch, Matrices } from './loss-case.js';
import { LOSS_CASES } from './loss-cases.js';
import { differences, type Matrix } from './naive-losses.js';

/** One, two, a width of one, primes. */
const SIZES: readonly BatchSize[] = [
  { batch: 1, width: 1, negatives: 1 },
  { batch: 1, width: 3, negatives: 2 },
  { batch: 2, width: 2, negatives: 3 },
  { batch: 5, width: 1, negatives: 2 },
  { batch: 13, width: 5, negatives: 7 },
];
const DESCENT: BatchSize = { batch: 11, width: 6, negatives: 5 };
const DESCENT_STEPS = 20;

interface Outcome {
  readonly loss: number;
  readonly gradients: Matrices;
}

const expectedOf = new Map<string, Outcome>();

/** The naive twin and its central differences; worked out once for all engines. */
function expected(key: string, { inputs, naive }: LossOnBatch): Outcome {
  const known = expectedOf.get(key);
  if (known !== undefined) return known;
  const byInput = Object.entries(inputs).map(
    ([name, matrix]) => [name, differences(matrix, (shifted) => naive({ ...inputs, [name]: shifted }))] as const,
  );
  const outcome = { loss: naive(inputs), gradients: Object.fromEntries(byInput) };
  expectedOf.set(key, outcome);
  return outcome;
}

/** Runs every loss of the package on one engine, which must be available. */
export function describeConformance(label: string, name: EngineName, options: EngineOptions = {}): void {
  // A graphics card's exp and log err in the last bits: where a gradient is zero some hundred-thousandths are left.
  const least = name === 'webgpu' ? 1e-1 : 1e-2;
  describe(label, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await loadEngine(name, options);
      console.info(`losses: ${label} runs (${engine.description})`);
    });
    afterAll(async () => {
      await engine?.dispose();
    });

    describe.each(LOSS_CASES.map((each) => [each.name, each] as const))(
      '%s',
      (_, { name: caseName, rate, batchOf }) => {
        it.each(SIZES)('equals its naive twin and finite differences, $batch x $width, $negatives', async (size) => {
          const batch = batchOf(size);
          const { loss, gradients } = expected(`${caseName} ${JSON.stringify(size)}`, batch);
          const outcome = await evaluate(engine, batch, batch.inputs);
          expectClose('loss', [[outcome.loss]], [[loss]], 1e-4);
          expect(Object.keys(outcome.gradients).sort()).toEqual(Object.keys(gradients).sort());
          for (const [input, gradient] of Object.entries(gradients)) {
            expectClose(input, outcome.gradients[input] as Matrix, gradient, 1e-3, least);
          }
        });

        it('goes down in each of 20 plain steps along its gradient', async () => {
          const batch = batchOf(DESCENT);
          let at = batch.inputs;
          const losses: number[] = [];
          for (let step = 0; step <= DESCENT_STEPS; step++) {
            const { loss, gradients } = await evaluate(engine, batch, at);
            losses.push(loss);
            at = moved(at, gradients, rate);
          }
          for (let k = 1; k < losses.length; k++) expect(losses[k]).toBeLessThan(losses[k - 1] as number);
          expect((losses[0] as number) - (losses.at(-1) as number)).toBeGreaterThan(0.03);
        });

        it('keeps nothing but what it returns, and leaves its inputs alone', async () => {
          const batch = batchOf(DESCENT);
          const before = engine.tensorCount();
          await engine.scope(async () => {
            const { tensors, mask } = tensorsOf(engine, batch, batch.inputs);
            const started = engine.tensorCount();
            const result = batch.loss(engine.tf, tensors, mask);
            expect(engine.tensorCount() - started).toBe(1 + Object.keys(result.gradients).length);
            const given = { ...batch.inputs, ...batch.constants };
            for (const [input, matrix] of Object.entries(given)) {
              expectClose(input, await rowsOf(engine, tensors[input] as Tensor2D), matrix, 1e-6);
            }
          });
          expect(engine.tensorCount()).toBe(before);
        });
      },
    );
  });
}

/** The loss and its gradients on the engine, at these inputs. */
export function evaluate(engine: Engine, batch: LossOnBatch, at: Matrices): Promise<Outcome> {
  return engine.scope(async () => {
    const { tensors, mask } = tensorsOf(engine, batch, at);
    const result = batch.loss(engine.tf, tensors, mask);
    const gradients: Record<string, Matrix> = {};
    for (const [input, gradient] of Object.entries(result.gradients)) gradients[input] = await rowsOf(engine, gradient);
    return { loss: (await engine.read(result.loss))[0] as number, gradients };
  });
}

function tensorsOf({ tf }: Engine, { masked, constants }: LossOnBatch, at: Matrices) {
  const mask = masked && tf.tensor2d(masked.map((row) => row.map((hidden) => (hidden ? MASKED : 0))));
  const entries = Object.entries({ ...at, ...constants }).map(
    ([input, matrix]) => [input, tf.tensor2d(matrix as number[][])] as const,
  );
  return { tensors: Object.fromEntries(entries), mask };
}

async function rowsOf(engine: Engine, tensor: Tensor2D): Promise<number[][]> {
  const [rows, width] = tensor.shape;
  const values = await engine.read(tensor);
  return Array.from({ length: rows }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
}

function moved(at: Matrices, gradients: Matrices, rate: number): Matrices {
  const move = (input: string, matrix: Matrix) =>
    matrix.map((row, r) => row.map((value, c) => value - rate * (gradients[input]?.[r]?.[c] as number)));
  return Object.fromEntries(Object.entries(at).map(([input, matrix]) => [input, move(input, matrix)]));
}
