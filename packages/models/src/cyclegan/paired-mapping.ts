import type { Engine } from '@kindred/compute';
import { KindredError } from '@kindred/domain';
import type { Scalar, Tensor2D } from '@kindred/objectives';
import { cosineRate } from '../adam.js';
import { RunState } from '../run-state.js';
import { declareSetting, getSetting, resolveSettings, type SettingDeclaration } from '../settings.js';
import { takeRows } from '../sparse-rows.js';
import { CYCLEGAN_SETTINGS } from './cyclegan-settings.js';
import { FINAL_RATE_SHARE, gradientStep, mapRows } from './gradient-step.js';
import { createGenerator } from './mapping-network.js';
import { moved, movedBack, requireSameWidth, standardise, type VectorSet } from './vector-set.js';

/** What a mapping of pairs takes. */
const PAIRED_SETTINGS: readonly SettingDeclaration[] = [
  ...CYCLEGAN_SETTINGS.filter(({ name }) => ['hidden', 'steps', 'batchSize', 'learningRate'].includes(name)),
  declareSetting('decay', 0.1, [0, 1000], 'Weight of the mean square of the weights, which keeps them small.', {
    why: 'Untried: the figures of docs/methods/cyclegan.md were made with .3, which was not tuned either.',
  }),
];

export interface PairedRequest {
  readonly engine: Engine;
  /** [U, D] */
  readonly source: VectorSet;
  /** [U, D]: row u is of the same user as in the source. */
  readonly target: VectorSet;
  /** Of `PAIRED_SETTINGS`. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly seed: number;
}

/** A learned way from one domain to another. */
export interface PairedMapping {
  /** @param vectors [N, D] of the source's domain. @returns [N, D] of the target's */
  toTarget(vectors: Float32Array): Promise<Float32Array>;
}

/**
 * The mapping of EMCDR (Man et al., IJCAI 2017), which knows who is who: the generator of a CycleGAN, learned by squared
 * error on pairs. It is what a mapping without pairs is held against.
 * @throws KindredError as `fitCycleGan`; MATRIX_INVALID too when there are not as many rows in both
 */
export async function fitPairedMapping(request: PairedRequest): Promise<PairedMapping> {
  const { engine, seed } = request;
  const settings = resolveSettings(PAIRED_SETTINGS, request.settings ?? {});
  const [hidden, steps, decay] = ['hidden', 'steps', 'decay'].map((name) => getSetting(settings, name)) as [
    number,
    number,
    number,
  ];
  requireSameWidth(request.source, request.target);
  const source = standardise(request.source, 'source');
  const target = standardise(request.target, 'target');
  if (source.vectors.length !== target.vectors.length) {
    throw new KindredError('MATRIX_INVALID', 'a mapping of pairs needs a row of the target for each of the source');
  }
  const { width } = source;
  const { tf } = engine;
  const state = new RunState(seed, 'paired mapping');
  const everyRow = Uint32Array.from({ length: source.vectors.length / width }, (_, row) => row);
  const batches = state.batches('order', everyRow, getSetting(settings, 'batchSize'));
  const network = createGenerator(state, 'network', { width, hidden }, new Float32Array(width * width));
  const learningRate = getSetting(settings, 'learningRate');
  for (let step = 0; step < steps; step++) {
    const rows = batches.next();
    const [x, y] = [source, target].map(({ vectors }) => takeRows(vectors, width, rows)) as [
      Float32Array,
      Float32Array,
    ];
    const rate = cosineRate(learningRate, FINAL_RATE_SHARE * learningRate, step, steps);
    await gradientStep(engine, network.tables, rate, (weights) => {
      const [inputs, expected] = [x, y].map((values) => tf.tensor2d(values, [rows.length, width])) as [
        Tensor2D,
        Tensor2D,
      ];
      const error = tf.mean(tf.square(tf.sub(network.forward(tf, inputs, weights), expected)));
      const sizes = weights.map((weight) => tf.sum(tf.square(weight))).reduce((sum, size) => tf.add(sum, size));
      return tf.add(error, tf.mul(sizes, decay / (width * width))) as Scalar;
    });
  }
  return {
    toTarget: async (vectors) => {
      const mapped = await mapRows(engine, network, { vectors: moved(vectors, source), width });
      return movedBack(mapped, target);
    },
  };
}
