import { describe, expect, it } from 'vitest';
import { getMethod, METHODS, resolveSettings } from '../src/index.js';

const declared = [
  { name: 'temperature', description: 'T.', default: 0.15, minimum: 0.03, maximum: 2 },
  { name: 'epochs', description: 'E.', default: 'auto' as const, minimum: 1, maximum: 100, whole: true },
];

describe('resolveSettings', () => {
  it('puts what is given over the defaults, from numbers and from text', () => {
    expect(resolveSettings(declared, {})).toEqual({ temperature: 0.15, epochs: 'auto' });
    expect(resolveSettings(declared, { temperature: '0.2', epochs: 7 })).toEqual({ temperature: 0.2, epochs: 7 });
    expect(resolveSettings(declared, { epochs: 'auto' })).toEqual({ temperature: 0.15, epochs: 'auto' });
  });

  it('names the nearest setting for an unknown one', () => {
    expect(() => resolveSettings(declared, { temprature: 1 })).toThrow(
      expect.objectContaining({ code: 'SETTING_UNKNOWN', message: expect.stringContaining('nearest is temperature') }),
    );
  });

  it.each([
    [{ temperature: 0 }],
    [{ temperature: 'auto' }],
    [{ temperature: Number.NaN }],
    [{ temperature: '' }],
    [{ temperature: null }],
    [{ epochs: 1.5 }],
    [{ epochs: 101 }],
    [{ epochs: 'many' }],
  ])('refuses %j, naming the field and its range', (given) => {
    const field = Object.keys(given)[0];
    expect(() => resolveSettings(declared, given)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field }));
  });
});

describe('METHODS', () => {
  it.each(Object.values(METHODS))('$name declares settings whose defaults are in their ranges', (method) => {
    for (const { name, default: value, minimum, maximum, description, choices } of method.settings) {
      expect(description, name).toMatch(/^[A-Zk].*\.$/);
      if (choices !== undefined) expect(choices).toContain(value);
      if (value === 'auto' || choices !== undefined) continue;
      expect(value).toBeGreaterThanOrEqual(minimum);
      expect(value).toBeLessThanOrEqual(maximum);
    }
  });

  it('names the nearest method for an unknown one', () => {
    expect(() => getMethod('inductiv')).toThrow(expect.objectContaining({ code: 'METHOD_UNKNOWN' }));
    expect(() => getMethod('toString')).toThrow(/there are inductive, two-tower/);
  });
});
