import {
  discriminatorLoss,
  energyDiscriminatorLoss,
  energyGeneratorLoss,
  generatorLoss,
  gradientPenaltyLoss,
  wassersteinCriticLoss,
  wassersteinGeneratorLoss,
  zeroReconstructionLoss,
} from '../src/index.js';
import { type BatchSize, type LossCase, lossCase, lossOnBatch } from './loss-case.js';
import {
  naiveDiscriminator,
  naiveEnergyDiscriminator,
  naiveEnergyGenerator,
  naiveGenerator,
  naiveGradientPenalty,
  naiveWassersteinCritic,
  naiveZeroReconstruction,
} from './naive-adversarial.js';
import { randomMatrix } from './random-matrix.js';

const column = ({ batch }: BatchSize, label: string) => randomMatrix(batch, 1, label);
const judged = (size: BatchSize) => ({ real: column(size, 'real'), made: column(size, 'made') });
/** Numbers above zero, as errors and squares are. */
const positive = (size: BatchSize, label: string) => column(size, label).map((row) => row.map((x) => 0.3 + x * x));

/** Both sides of every adversarial game. */
export const ADVERSARIAL_CASES: readonly LossCase[] = [
  lossCase('discriminator', 0.3, (size) =>
    lossOnBatch({
      inputs: judged(size),
      naive: naiveDiscriminator,
      loss: (tf, tensors) => discriminatorLoss(tf, tensors),
    }),
  ),
  lossCase('generator', 0.3, (size) =>
    lossOnBatch({
      inputs: { made: column(size, 'made') },
      naive: ({ made }) => naiveGenerator(made),
      loss: (tf, { made }) => generatorLoss(tf, made),
    }),
  ),
  lossCase('wasserstein critic', 0.3, (size) =>
    lossOnBatch({
      inputs: judged(size),
      naive: naiveWassersteinCritic,
      loss: (tf, tensors) => wassersteinCriticLoss(tf, tensors),
    }),
  ),
  lossCase('wasserstein generator', 0.3, (size) =>
    lossOnBatch({
      inputs: { made: column(size, 'made') },
      naive: ({ made }) => -naiveWassersteinCritic({ real: [[0]], made }),
      loss: (tf, { made }) => wassersteinGeneratorLoss(tf, made),
    }),
  ),
  lossCase('gradient penalty', 0.3, (size) =>
    lossOnBatch({
      inputs: { squaredSlopes: positive(size, 'slopes') },
      naive: ({ squaredSlopes }) => naiveGradientPenalty(squaredSlopes),
      loss: (tf, { squaredSlopes }) => gradientPenaltyLoss(tf, squaredSlopes),
    }),
  ),
  lossCase('energy discriminator', 0.01, (size) =>
    lossOnBatch({
      inputs: { real: positive(size, 'real'), made: positive(size, 'made') },
      naive: (inputs) => naiveEnergyDiscriminator(inputs, 1.7),
      loss: (tf, tensors) => energyDiscriminatorLoss(tf, tensors, 1.7),
    }),
  ),
  lossCase('energy generator', 0.3, (size) => {
    const realCodes = randomMatrix(size.batch, size.width, 'real codes');
    return lossOnBatch({
      inputs: { energies: positive(size, 'energies'), codes: randomMatrix(size.batch, size.width, 'codes') },
      constants: { realCodes },
      naive: ({ energies, codes }) => naiveEnergyGenerator(energies, codes, realCodes, 0.4),
      loss: (tf, { realCodes: real, ...made }) => energyGeneratorLoss(tf, made, real, 0.4),
    });
  }),
  lossCase('zero reconstruction', 0.1, (size) => {
    const zeros = randomMatrix(size.batch, size.negatives, 'zeros').map((row) => row.map((x) => (x > -0.5 ? 1 : 0)));
    return lossOnBatch({
      inputs: { profiles: randomMatrix(size.batch, size.negatives, 'profiles') },
      constants: { zeros },
      naive: ({ profiles }) => naiveZeroReconstruction(profiles, zeros),
      loss: (tf, tensors) => zeroReconstructionLoss(tf, tensors.profiles, tensors.zeros),
    });
  }),
];
