import { KindredError } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PAIR_SETTINGS, type PairSettingsInput, resolvePairSettings } from '../src/index.js';

function faultOf(input: unknown): KindredError {
  try {
    resolvePairSettings(input as PairSettingsInput);
  } catch (error) {
    if (error instanceof KindredError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('resolvePairSettings', () => {
  it('gives the defaults, frozen, and accepts them again', () => {
    const settings = resolvePairSettings();
    expect(settings).toEqual(DEFAULT_PAIR_SETTINGS);
    expect(resolvePairSettings(settings)).toEqual(settings);
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.strengths) && Object.isFrozen(settings.split)).toBe(
      true,
    );
  });

  it('refuses an unknown name and gives the nearest', () => {
    expect(faultOf({ halfLiveDays: 3 })).toMatchObject({ code: 'SETTING_UNKNOWN', field: 'halfLiveDays' });
    expect(faultOf({ halfLiveDays: 3 }).message).toContain('did you mean halfLifeDays?');
    expect(faultOf({ rating: { rul: 'threshold' } }).message).toContain('rating.rule');
    expect(faultOf({ split: { kind: 'last', test: { fraction: 0.1 } } })).toMatchObject({ field: 'split.test' });
    expect(faultOf({ split: { kind: 'tiem' } }).message).toContain('did you mean time?');
  });

  it.each([
    [{ halfLifeDays: 0 }, 'halfLifeDays'],
    [{ halfLifeDays: Number.NaN }, 'halfLifeDays'],
    [{ strengths: { view: -1 } }, 'strengths.view'],
    [{ strengths: { view: 1e39 } }, 'strengths.view'],
    [{ otherStrength: 1e300 }, 'otherStrength'],
    [{ strengths: { dislike: 1 } }, 'strengths.dislike'],
    [{ repeatExponent: -1 }, 'repeatExponent'],
    [{ explicitNegativeWeight: 0 }, 'explicitNegativeWeight'],
    [{ rating: { positiveFrom: 2, negativeUpTo: 2 } }, 'rating.negativeUpTo'],
    [{ rating: { rule: 'stars' } }, 'rating.rule'],
    [{ returns: 'undo' }, 'returns'],
    [{ seed: 1.5 }, 'seed'],
    [{ split: { test: { fraction: 1 } } }, 'split.test'],
    [{ split: { test: { fraction: 0.5 }, validation: { fraction: 0.5 } } }, 'split.test'],
    [{ split: { test: { fraction: 0.1, days: 3 } } }, 'split.test'],
    [{ split: { kind: 'random', test: { days: 3 } } }, 'split'],
    [{ split: [] }, 'split'],
  ])('refuses %j', (input, field) => {
    expect(faultOf(input)).toMatchObject({ code: 'CONFIG_INVALID', field });
  });
});
