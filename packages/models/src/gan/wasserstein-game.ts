import {
  gradientPenaltyLoss,
  lossOperation,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
  wassersteinCriticLoss,
  wassersteinGeneratorLoss,
} from '@kindred/objectives';
import { criticSlopes, scoresOf } from './critic-network.js';
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
      const scores = { real: scoresOf(tf, real, weights), made: scoresOf(tf, made, weights) };
      const distance = lossOperation(tf, scores, (given) => wassersteinCriticLoss(tf, given));
      const penalty = lossOperation(tf, { squaredSlopes: squaredSlopes(tf, round, mix) }, (given) =>
        gradientPenaltyLoss(tf, given.squaredSlopes),
      );
      return tf.add(distance, tf.mul(penalty, penaltyWeight)) as Scalar;
    },
    generatorLoss(tf, { made, weights }) {
      const scores = scoresOf(tf, made, weights);
      return lossOperation(tf, { made: scores }, (given) => wassersteinGeneratorLoss(tf, given.made));
    },
    realness: (tf, seen, { weights }) => scoresOf(tf, seen, weights),
  };
}

/**
 * |df/dx|^2 at x between a real and a made sample. In item space x enters by x Q, so that df/dx = g Q' with g the slope by
 * the rows, and its square is g Q'Q g'. [B, 1]
 */
function squaredSlopes(tf: TensorFlow, { real, made, gram, weights }: Round, mix: Tensor2D): Tensor2D {
  const between = tf.add(tf.mul(real.rows, mix), tf.mul(made.rows, tf.sub(1, mix))) as Tensor2D;
  const slopes = criticSlopes(tf, criticInputs(tf, { rows: between, condition: real.condition }), weights);
  const ofRows = tf.slice2d(slopes, [0, 0], between.shape); // g, [B, w]
  const lengthened = gram === undefined ? ofRows : tf.matMul(ofRows, gram());
  return tf.sum(tf.mul(ofRows, lengthened), 1, true);
}
