import { afterAll, expect, test } from 'vitest';
import { killAll, Service } from './service.js';

/** Nobody answers there: whoever gets so far says DATABASE_UNAVAILABLE. */
const NOWHERE = { KINDRED_DATABASE_URL: 'postgres://kindred@127.0.0.1:1/kindred' };

afterAll(killAll);

test.each([
  [
    '{"agument":"auto"}',
    'SETTING_UNKNOWN: KINDRED_RETRAIN_SETTINGS: a run has no setting agument; did you mean augment?',
  ],
  ['{"seed":-1}', 'CONFIG_INVALID: KINDRED_RETRAIN_SETTINGS: settings.seed: '],
  ['{"modelId":"m"}', 'CONFIG_INVALID: KINDRED_RETRAIN_SETTINGS: modelId can not be set here; '],
  ['augment=auto', 'CONFIG_INVALID: KINDRED_RETRAIN_SETTINGS is not a JSON object such as {"augment":"auto"}'],
])(
  'with the settings %s the trainer does not start: one sentence and the way out, exit code 2',
  async (given, said) => {
    const trainer = new Service('trainer', {
      ...NOWHERE,
      KINDRED_RETRAIN_EVERY: '24h',
      KINDRED_RETRAIN_SETTINGS: given,
    });
    expect(await trainer.ended).toEqual({ code: 2, signal: null });
    expect(trainer.output).toContain(said);
    expect(trainer.output.trim().split('\n')).toHaveLength(2);
  },
);

test('settings without an interval are told of, those with one named; then the trainer goes on', async () => {
  const settings = { ...NOWHERE, KINDRED_RETRAIN_SETTINGS: '{"augment":"auto","seed":2}' };
  const [without, with24h] = [
    new Service('trainer', settings),
    new Service('trainer', { ...settings, KINDRED_RETRAIN_EVERY: '24h' }),
  ];
  for (const trainer of [without, with24h]) {
    expect((await trainer.ended).code).toBe(1);
    expect(trainer.output).toContain('DATABASE_UNAVAILABLE');
  }
  expect(without.output).toContain('KINDRED_RETRAIN_SETTINGS has no effect without KINDRED_RETRAIN_EVERY');
  expect(with24h.output).not.toContain('no effect');
  expect(with24h.output).toContain('"every":"1d","settings":{"augment":"auto","seed":2}');
});
