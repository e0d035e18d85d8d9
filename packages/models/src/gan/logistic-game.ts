import { discriminatorLoss, generatorLoss, lossOperation } from '@kindred/objectives';
import { criticScores } from './critic-network.js';
import { type AdversarialGame, criticInputs, criticShapes } from './game.js';

/** Goodfellow et al. (NeurIPS 2014), not saturating; with the condition Mirza and Osindero (2014). */
export function logisticGame(conditional: boolean): AdversarialGame {
  return {
    conditional,
    layerShapes: (width, units) => criticShapes(width, units, conditional),
    discriminatorLoss(tf, { real, made, weights }) {
      const logits = {
        real: criticScores(tf, criticInputs(tf, real.rows, real.condition), weights),
        made: criticScores(tf, criticInputs(tf, made.rows, made.condition), weights),
      };
      return lossOperation(tf, logits, (given) => discriminatorLoss(tf, given));
    },
    generatorLoss(tf, { made: { rows, condition }, weights }) {
      const made = criticScores(tf, criticInputs(tf, rows, condition), weights);
      return lossOperation(tf, { made }, (given) => generatorLoss(tf, given.made));
    },
  };
}
