import {
  gradientPenaltyLoss,
  lossOperation,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
  wassersteinCriticLoss,
  wassersteinGeneratorLoss,
} from '@kindred/objectives';
import { criticScores, criticSlopes } from './critic-network.js';
import { type AdversarialGame, criticInputs, criticShapes, type Round } from './game.js';

/**
 * Arjovsky et al. (ICML 2017) with the gradient penalty of Gulrajani et al. (NeurIPS 2017), by profiles; what they are
 * conditioned on stays as it is. No normalisation in the critic: a batch's would make the slopes of its rows depend on each
 * other.
 */
export function wassersteinGame(conditional: boolean, penaltyWeight: number): AdversarialGame {
  return {
    conditional,
    layerShapes: (width, units) => criticShapes(width, units, conditional),
    discriminatorLoss(tf, round, mix) {
      const { real, made, weights } = round;
      const scores = {
        real: criticScores(tf, criticInputs(tf, real.rows, real.condition), weights),
        made: criticScores(tf, criticInputs(tf, made.rows, made.condition), weights),
      };
      const distance = lossOperation(tf, scores, (given) => wassersteinCriticLoss(tf, given));
      const penalty = lossOperation(tf, { squaredSlopes: squaredSlopes(tf, round, mix) }, (given) =>
        gradientPenaltyLoss(tf, given.squaredSlopes),
      );
      return tf.add(distance, tf.mul(penalty, penaltyWeight)) as Scalar;
    },
    generatorLoss(tf, { made: { rows, condition }, weights }) {
      const made = criticScores(tf, criticInputs(tf, rows, condition), weights);
      return lossOperation(tf, { made }, (given) => wassersteinGeneratorLoss(tf, given.made));
    },
  };
}

/**
 * |df/dx|^2 at x between a real and a made sample. In item space x enters by x Q, so that df/dx = g Q' with g the slope by
 * the rows, and its square is g Q'Q g'. [B, 1]
 */
function squaredSlopes(tf: TensorFlow, { real, made, gram, weights }: Round, mix: Tensor2D): Tensor2D {
  const between = tf.add(tf.mul(real.rows, mix), tf.mul(made.rows, tf.sub(1, mix))) as Tensor2D;
  const slopes = criticSlopes(tf, criticInputs(tf, between, real.condition), weights);
  const ofRows = tf.slice2d(slopes, [0, 0], between.shape); // g, [B, w]
  const lengthened = gram === undefined ? ofRows : tf.matMul(ofRows, gram());
  return tf.sum(tf.mul(ofRows, lengthened), 1, true);
}
