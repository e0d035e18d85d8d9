import { inductive } from '../inductive/inductive.js';
import type { LearnedMethod } from '../learned-method.js';
import { declareChoice } from '../settings.js';

/**
 * The default of the pipeline: `inductive`, and on validation the question whether a cheap item-to-item model is better,
 * or both together, and whether a user's own items come first where people take the same things again. The vectors are
 * there in any case: similar items, similar users and everything that an index is for work as without it.
 */
export const auto: LearnedMethod = {
  ...inductive,
  name: 'auto',
  description: 'The inductive method, joined with or replaced by an item-to-item model where validation says so.',
  settings: [
    ...inductive.settings,
    declareChoice('union', ['auto', 'off'], 'Whether item-to-item models are compared on validation, and joined.', {
      why: 'Which of both ranks better depends on the log, so validation is asked (docs/decisions/0014); off spares it the fits.',
    }),
  ],
  unionWith: ['ease', 'itemknn'],
};
