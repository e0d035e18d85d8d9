import { declareSetting, type SettingDeclaration } from './settings.js';

const WHY = 'A tenth of the start, as in the recipe; other ends are untried.';

/** Where the cosine schedule ends, of the methods that are told the step size itself. @param rate a tenth of the first */
export function declareFinalRate(rate: number): SettingDeclaration {
  return declareSetting('finalLearningRate', rate, [0, 1], 'Step size of Adam at the end of the cosine schedule.', {
    why: WHY,
  });
}

/** The same of the methods that are told a share of the first step size. */
export const FINAL_RATE_SHARE = declareSetting(
  'finalRateShare',
  0.1,
  [0, 1],
  'Step size at the end of the cosine schedule, of that at the start.',
  { why: WHY },
);
