import type { SparseMatrix, UserBatch } from '@kindred/domain';
import { declareChoice, declareSetting, getChoice, getSetting, type Settings } from '../settings.js';

const DAY_MS = 86_400_000;

/** Whether a method sees that something happened, or how strongly. */
export const STRENGTHS = declareChoice(
  'strengths',
  ['binary', 'given'],
  'What an interaction counts: 1, or its strength.',
  {
    search: { among: ['binary', 'given'] },
    why: 'Binary is as published; strengths help where some events (purchases) say more than others (views).',
  },
);

/** How fast the entries of a history fade when it is scored. */
export const HALF_LIFE = declareSetting(
  'halfLifeDays',
  0,
  [0, 36_500],
  'Days in which an entry of the history comes to count half when it is scored; 0: all count alike.',
  {
    search: { among: [0, 7, 30, 90] },
    why: 'Off, as published; where people are to be predicted in time, what they did last tells most.',
  },
);

/** The interactions as the setting `strengths` has them: all 1, or as strong as they are. */
export function interactionsOf(positives: SparseMatrix, settings: Settings): SparseMatrix {
  return getChoice(settings, 'strengths') === 'given' ? positives : withoutStrengths(positives);
}

/** The same entries, each 1. */
export function withoutStrengths(positives: SparseMatrix): SparseMatrix {
  return { ...positives, values: new Float32Array(positives.values.length).fill(1) };
}

/** What each entry of a batch's histories counts. [entries] */
export type HistoryWeights = (batch: UserBatch) => Float32Array;

/**
 * Strength (or 1) times 2^(-age / half-life), age being counted from the newest train event and no younger than that.
 * Without times nothing fades.
 * @param settings with `strengths` and `halfLifeDays`
 */
export function historyWeights(settings: Settings, endTimeMs: number | undefined): HistoryWeights {
  const halfLifeMs = getSetting(settings, 'halfLifeDays') * DAY_MS;
  return ({ history, times }) => {
    const { values } = interactionsOf(history, settings);
    if (halfLifeMs === 0 || times === undefined || endTimeMs === undefined) return values;
    return values.map((value, entry) => {
      const ageMs = Math.max(0, endTimeMs - (times[entry] as number));
      return value * 2 ** (-ageMs / halfLifeMs);
    });
  };
}
