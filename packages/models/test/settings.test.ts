import { describe, expect, it } from 'vitest';
import { CYCLEGAN_SETTINGS } from '../src/cyclegan/cyclegan-settings.js';
import {
  BASELINES,
  checkMeaning,
  declareChoice,
  declareSetting,
  getMethod,
  METHODS,
  resolveSettings,
} from '../src/index.js';

const declared = [
  declareSetting('temperature', 0.15, [0.03, 2], 'T.', { why: 'W.' }),
  declareSetting('epochs', 'auto', [1, 100], 'E.', { whole: true, why: 'W.' }),
];

describe('resolveSettings', () => {
  it('puts what is given over the defaults, from numbers and from text', () => {
    expect(resolveSettings(declared, {})).toEqual({ temperature: 0.15, epochs: 'auto' });
    expect(resolveSettings(declared, { temperature: '0.2', epochs: 7 })).toEqual({ temperature: 0.2, epochs: 7 });
    expect(resolveSettings(declared, { epochs: 'auto' })).toEqual({ temperature: 0.15, epochs: 'auto' });
  });

  it('names the nearest setting for an unknown one', () => {
    expect(() => resolveSettings(declared, { temprature: 1 })).toThrow(
      expect.objectContaining({
        code: 'SETTING_UNKNOWN',
        message: 'the method has no setting temprature; the nearest is temperature',
      }),
    );
  });

  const [range, wholeRange] = ['a number from 0.03 to 2', 'a whole number from 1 to 100, or auto'];
  it.each([
    [{ temperature: 0 }, `temperature is 0; it must be ${range}`],
    [{ temperature: 'auto' }, `temperature is "auto"; it must be ${range}`],
    [{ temperature: Number.NaN }, `temperature is null; it must be ${range}`],
    [{ temperature: '' }, `temperature is ""; it must be ${range}`],
    [{ temperature: null }, `temperature is null; it must be ${range}`],
    [{ epochs: 1.5 }, `epochs is 1.5; it must be ${wholeRange}`],
    [{ epochs: 101 }, `epochs is 101; it must be ${wholeRange}`],
    [{ epochs: 'many' }, `epochs is "many"; it must be ${wholeRange}`],
  ])('refuses %j, naming the field and its range', (given, message) => {
    const [field] = Object.keys(given);
    expect(() => resolveSettings(declared, given)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field, message }),
    );
  });

  it('names all choices for an unknown one, and the nearest where one is near', () => {
    const shape = declareChoice('shape', ['round', 'flat'], 'S.', { why: 'W.' });
    const refused = (value: string) => expect(() => resolveSettings([shape], { shape: value }));
    refused('rund').toThrow('shape is "rund"; it is one of round, flat; the nearest is round');
    refused('hexagonal').toThrow(/it is one of round, flat$/);
  });
});

describe('checkMeaning', () => {
  const [shape, sides] = [
    declareChoice('shape', ['round', 'flat'], 'S.', { why: 'W.' }),
    declareSetting('sides', 4, [3, 9], 'N.', { why: 'W.', only: { setting: 'shape', among: ['flat'] } }),
  ];
  const check = (given: Record<string, unknown>) =>
    checkMeaning([shape, sides], resolveSettings([shape, sides], given));

  it('refuses a changed setting that does nothing beside the choice made', () => {
    expect(() => check({ sides: 5 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field: 'sides', message: expect.stringContaining('flat') }),
    );
  });

  it.each([[{}], [{ sides: 4 }], [{ shape: 'flat', sides: 5 }], [{ shape: 'flat' }]])('lets %j be', (given) => {
    expect(() => check(given)).not.toThrow();
  });

  it('knows of every declaration which choice it belongs to', () => {
    for (const { settings } of Object.values(METHODS)) {
      for (const { only } of settings) {
        if (only === undefined) continue;
        const choices = settings.find(({ name }) => name === only.setting)?.choices ?? [];
        expect(only.among.length).toBeGreaterThan(0);
        expect(choices).toEqual(expect.arrayContaining([...only.among]));
      }
    }
  });
});

describe('METHODS', () => {
  it.each(Object.values(METHODS))('$name declares settings whose defaults are in their ranges', (method) => {
    for (const { name, default: value, minimum, maximum, choices, description } of method.settings) {
      expect(description, name).toMatch(/^([A-Z]|[a-z0-9]+(: | of )).*\.$/);
      if (choices !== undefined) expect(choices).toContain(value);
      if (typeof value === 'string') continue;
      expect(value).toBeGreaterThanOrEqual(minimum);
      expect(value).toBeLessThanOrEqual(maximum);
    }
  });

  it('names the nearest method for an unknown one', () => {
    expect(() => getMethod('inductiv')).toThrow(
      expect.objectContaining({
        code: 'METHOD_UNKNOWN',
        message: 'there is no learned method inductiv; did you mean inductive?',
      }),
    );
    expect(() => getMethod('two-towers')).toThrow('did you mean two-tower?');
    expect(() => getMethod('toString')).toThrow(/there are auto, inductive/);
  });
});

describe('every setting', () => {
  const all = [
    ...Object.values(METHODS),
    ...Object.values(BASELINES),
    { name: 'cyclegan', settings: CYCLEGAN_SETTINGS },
  ];

  it.each(all)('of $name says in one sentence why it has its default', ({ settings }) => {
    for (const { name, why } of settings) {
      expect(why, name).toMatch(/^[^.].*\.$/);
      expect(why, name).not.toMatch(/\. [A-Z]/);
    }
  });
});

describe('what a search looks through', () => {
  const searched = [...Object.values(METHODS), ...Object.values(BASELINES)].flatMap(({ name, settings }) =>
    settings.flatMap((setting) =>
      setting.search === undefined ? [] : [[`${name} ${setting.name}`, setting] as const],
    ),
  );

  it('is declared by some', () => {
    expect(searched.length).toBeGreaterThan(0);
  });

  it.each(searched)('%s: the method takes every value', (_, setting) => {
    const { search } = setting;
    const values = search === undefined ? [] : 'among' in search ? search.among : [search.from, search.to];
    for (const value of values) expect(resolveSettings([setting], { [setting.name]: value })).toBeDefined();
    expect(new Set(values).size).toBe(values.length);
    if (search !== undefined && 'from' in search) {
      expect(search.to).toBeGreaterThan(search.from);
      if (search.scale === 'log') expect(search.from).toBeGreaterThan(0);
    }
  });
});
