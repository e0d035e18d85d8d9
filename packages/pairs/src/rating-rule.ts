import type { RatingSettings } from './settings.js';

/**
 * What a rating says of the item.
 * @param value stars; NaN where the event has none: that says nothing, except where every rating is positive
 * @param mean of the user's training ratings; undefined when training has no ratings, then nothing can be said
 */
export function judgeRating(
  value: number,
  settings: RatingSettings,
  mean: number | undefined,
): 'positive' | 'negative' | 'neutral' {
  if (settings.rule === 'all-positive') return 'positive';
  if (Number.isNaN(value)) return 'neutral';
  if (settings.rule === 'threshold') {
    if (value >= settings.positiveFrom) return 'positive';
    return value <= settings.negativeUpTo ? 'negative' : 'neutral';
  }
  if (mean === undefined) return 'neutral';
  if (value >= mean) return 'positive';
  return value < mean - settings.meanMargin ? 'negative' : 'neutral';
}
