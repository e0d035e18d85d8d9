import {
  energyDiscriminatorLoss,
  energyGeneratorLoss,
  lossOperation,
  type Tensor2D,
  type TensorFlow,
} from '@kindred/objectives';
import { denseLayer } from '../autoencoder/autoencoder-body.js';
import type { AdversarialGame, Judge, Seen } from './game.js';

export interface EnergyRules {
  /** m: how many times the error of real profiles what is made has to be given back worse by. */
  readonly margin: number;
  /** c: share of feature matching in the generator's loss, 0 .. 1. */
  readonly matching: number;
}

/** GANMF (Dervishaj and Cremonesi, SAC 2022): the discriminator is an autoencoder, its error the energy. */
export function energyGame({ margin, matching }: EnergyRules): AdversarialGame {
  return {
    conditional: false,
    layerShapes: (width, units) => [
      [width, units],
      [units, width],
    ],
    discriminatorLoss(tf, round) {
      const energies = {
        real: givenBack(tf, round.real, round).energies,
        made: givenBack(tf, round.made, round).energies,
      };
      return lossOperation(tf, energies, (given) => energyDiscriminatorLoss(tf, given, margin));
    },
    generatorLoss(tf, round) {
      const { codes: realCodes } = givenBack(tf, round.real, round);
      return lossOperation(tf, givenBack(tf, round.made, round), (given) =>
        energyGeneratorLoss(tf, given, realCodes, matching),
      );
    },
    realness: (tf, seen, judge) => tf.neg(givenBack(tf, seen, judge).energies) as Tensor2D,
  };
}

/**
 * code = tanh(e A + a), d = code D + b; the energy is |e - d|^2 of the rows e. In item space the profile x itself is given
 * back, as Q d: |x|^2 - 2 e.d + d Q'Q d', which needs no array of users by items.
 */
function givenBack(tf: TensorFlow, { rows, squares }: Seen, { gram, weights }: Judge) {
  const [encoder, decoder] = weights as readonly [Tensor2D, Tensor2D];
  const codes = tf.tanh(denseLayer(tf, rows, encoder)) as Tensor2D;
  const decoded = denseLayer(tf, codes, decoder);
  if (gram === undefined) {
    return { codes, energies: tf.sum(tf.square(tf.sub(rows, decoded)), 1, true) as Tensor2D };
  }
  const [cross, own] = [tf.mul(rows, decoded), tf.mul(tf.matMul(decoded, gram()), decoded)];
  return { codes, energies: tf.add(squares(), tf.sum(tf.sub(own, tf.mul(cross, 2)), 1, true)) as Tensor2D };
}
