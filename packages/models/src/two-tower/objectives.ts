import { KindredError } from '@kindred/domain';
import {
  barlowTwinsLoss,
  bslLoss,
  cclLoss,
  cosineBprLoss,
  directAuLoss,
  infoNceLoss,
  marginContrastiveLoss,
  type Scalar,
  sampledSoftmaxLoss,
  type Tensor2D,
  type TensorFlow,
  tripletLoss,
} from '@kindred/objectives';
import { getChoice, getSetting, type Settings } from '../settings.js';

/** A batch of B pairs of the log, as objectives see it. */
export interface PairBatch {
  /** [B]: the user of each row. */
  readonly userOfRow: Uint32Array;
  /** [B]: the item of each row. */
  readonly itemOfRow: Uint32Array;
  /** [B]: weight of each pair. */
  readonly weights: Float32Array;
  /** I, the size of the catalogue. */
  readonly itemCount: number;
  readonly users: Tensor2D; // [B, d]
  readonly items: Tensor2D; // [B, d]
  /** [B]: log of the probability with which each row's item is drawn as a negative, as far as it is to be corrected. */
  readonly itemLogQ: Float32Array;
  readonly negatives?: NegativeBatch | undefined;
  /** MASKED where a row's user has the column's item: [B, B] in the batch, [B, K] over shared negatives. */
  readonly mask?: Tensor2D | undefined;
}

interface NegativeBatch {
  readonly rows: Tensor2D; // [B N, d] of each pair, [K, d] shared
  /** [B N] or [K]: as `itemLogQ`. */
  readonly logQ: Float32Array;
}

/** The caller disposes all tensors. */
interface ObjectiveResult {
  readonly loss: Scalar;
  readonly gradients: {
    readonly users: Tensor2D;
    readonly items: Tensor2D;
    readonly negatives?: Tensor2D | undefined;
  };
}

/** Where an objective finds negatives: nowhere, in the rest of the batch, N for each pair, or K for the whole batch. */
export type NegativeKind = 'none' | 'in-batch' | 'own' | 'shared';

/** A loss that two-tower can be trained by. */
export interface Objective {
  readonly negatives: NegativeKind;
  /** Its own value of each setting that is `auto`; together with `reads`, what it takes of the settings that differ. */
  readonly defaults: Readonly<Record<string, number>>;
  /** Further settings that it takes, whose default is the same for all. */
  readonly reads?: readonly string[] | undefined;
  loss(tf: TensorFlow, batch: PairBatch, settings: Settings): ObjectiveResult;
}

type PairBatchWithNegatives = PairBatch & { readonly negatives: NegativeBatch };

/** An objective over drawn negatives. @param loss gets them as `inputs.negatives`, all else as `batch` */
function overNegatives(
  kind: 'own' | 'shared',
  { defaults, reads = [] }: Pick<Objective, 'defaults' | 'reads'>,
  loss: (
    tf: TensorFlow,
    inputs: Pick<PairBatch, 'users' | 'items' | 'weights' | 'mask'> & { negatives: Tensor2D },
    settings: Settings,
    batch: PairBatchWithNegatives,
  ) => ObjectiveResult,
): Objective {
  return {
    negatives: kind,
    defaults,
    reads: ['negativeSampler', ...reads],
    loss(tf, { negatives, ...batch }, settings) {
      if (negatives === undefined) throw new KindredError('INTERNAL', 'the objective was given no negatives');
      const { users, items, weights, mask } = batch;
      return loss(tf, { users, items, weights, mask, negatives: negatives.rows }, settings, { ...batch, negatives });
    },
  };
}

/** Every objective by name, the default first. One more is one more entry. */
export const OBJECTIVES: Readonly<Record<string, Objective>> = {
  infonce: {
    negatives: 'in-batch',
    defaults: { learningRate: 0.01, temperature: 0.15 },
    reads: ['logQ'],
    loss: (tf, { users, items, itemLogQ: logQ, mask, weights }, settings) =>
      infoNceLoss(tf, { users, items, logQ, mask, weights, temperature: getSetting(settings, 'temperature') }),
  },
  'sampled-softmax': overNegatives(
    'shared',
    { defaults: { learningRate: 0.01, temperature: 0.15, negatives: 512 }, reads: ['logQ'] },
    (tf, inputs, settings, { negatives: { logQ }, itemLogQ: positiveLogQ }) =>
      sampledSoftmaxLoss(tf, { ...inputs, logQ, positiveLogQ, temperature: getSetting(settings, 'temperature') }),
  ),
  bsl: overNegatives(
    'shared',
    {
      defaults: {
        learningRate: 0.01,
        temperature: 0.15,
        negatives: 512,
        negativePower: 1,
        positiveTemperature: 1,
      },
    },
    (tf, inputs, settings, { userOfRow }) =>
      bslLoss(tf, {
        ...inputs,
        temperature: getSetting(settings, 'temperature'),
        negativePower: getSetting(settings, 'negativePower'),
        positives: { temperature: getSetting(settings, 'positiveTemperature'), userOfRow },
      }),
  ),
  triplet: overNegatives(
    'own',
    { defaults: { learningRate: 0.01, negatives: 8, margin: 0.5 }, reads: ['rankWeight'] },
    (tf, inputs, settings, { itemCount }) =>
      tripletLoss(tf, {
        ...inputs,
        margin: getSetting(settings, 'margin'),
        rankAmong: getChoice(settings, 'rankWeight') === 'warp' ? itemCount : undefined,
      }),
  ),
  margin: overNegatives(
    'own',
    { defaults: { learningRate: 0.01, negatives: 8, margin: 1, negativeWeight: 5, priorStrength: 1 } },
    (tf, inputs, settings) =>
      marginContrastiveLoss(tf, {
        ...inputs,
        margin: getSetting(settings, 'margin'),
        negativeWeight: getSetting(settings, 'negativeWeight'),
      }),
  ),
  bpr: overNegatives(
    'own',
    { defaults: { learningRate: 0.03, temperature: 0.25, negatives: 4 } },
    (tf, inputs, settings) => cosineBprLoss(tf, { ...inputs, temperature: getSetting(settings, 'temperature') }),
  ),
  ccl: overNegatives(
    'shared',
    { defaults: { learningRate: 0.01, negatives: 512, margin: 0.3, negativeWeight: 10 } },
    (tf, inputs, settings) =>
      cclLoss(tf, {
        ...inputs,
        margin: getSetting(settings, 'margin'),
        negativeWeight: getSetting(settings, 'negativeWeight'),
      }),
  ),
  directau: {
    negatives: 'none',
    defaults: { learningRate: 0.01, uniformity: 0.5, priorStrength: 1 },
    loss: (tf, { users, items, userOfRow, itemOfRow, weights }, settings) =>
      directAuLoss(tf, { users, items, userOfRow, itemOfRow, weights, uniformity: getSetting(settings, 'uniformity') }),
  },
  'barlow-twins': {
    negatives: 'none',
    defaults: { learningRate: 0.01, redundancy: 0.005, priorStrength: 1 },
    loss: (tf, { users, items }, settings) =>
      barlowTwinsLoss(tf, { users, items, redundancy: getSetting(settings, 'redundancy') }),
  },
};

/** The objective of a run. */
export function getObjective(settings: Settings): Objective {
  const name = getChoice(settings, 'objective');
  const objective = OBJECTIVES[name];
  if (objective === undefined) throw new KindredError('INTERNAL', `there is no objective ${name}`);
  return objective;
}

/** The objectives that take the setting. */
export function objectivesTaking(setting: string): string[] {
  const takes = ({ defaults, reads = [] }: Objective) => setting in defaults || reads.includes(setting);
  return Object.keys(OBJECTIVES).filter((name) => takes(OBJECTIVES[name] as Objective));
}
