import { discriminatorLoss, generatorLoss, lossOperation } from '@kindred/objectives';
import { scoresOf } from './critic-network.js';
import { type AdversarialGame, criticShapes } from './game.js';

/** Goodfellow et al. (NeurIPS 2014), not saturating; with the condition Mirza and Osindero (2014). */
export function logisticGame(conditional: boolean): AdversarialGame {
  return {
    conditional,
    layerShapes: (width, units) => criticShapes(width, units, conditional),
    discriminatorLoss(tf, { real, made, weights }) {
      const logits = { real: scoresOf(tf, real, weights), made: scoresOf(tf, made, weights) };
      return lossOperation(tf, logits, (given) => discriminatorLoss(tf, given));
    },
    generatorLoss(tf, { made, weights }) {
      return lossOperation(tf, { made: scoresOf(tf, made, weights) }, (given) => generatorLoss(tf, given.made));
    },
    realness: (tf, seen, { weights }) => scoresOf(tf, seen, weights),
  };
}
