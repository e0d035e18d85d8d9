import { declareSetting, getSetting, resolveSettings, type SettingDeclaration } from '../settings.js';

/** What a CycleGAN takes; a mapping of pairs takes those that it has use for. */
export const CYCLEGAN_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('hidden', 0, [0, 4096], 'Hidden units of a generator beside its linear part.', { whole: true }),
  declareSetting('discriminatorHidden', 64, [1, 4096], 'Units of each of the two hidden layers of a discriminator.', {
    whole: true,
  }),
  declareSetting('steps', 1500, [1, 1_000_000], 'Steps of each start.', { whole: true }),
  declareSetting('starts', 4, [1, 100], 'Trainings from other starts, of which the best is kept.', { whole: true }),
  declareSetting('batchSize', 128, [1, 8192], 'Vectors of each set in a step.', { whole: true }),
  declareSetting('learningRate', 0.003, [1e-6, 1], 'Step size of Adam at the start; a tenth of it at the end.'),
  declareSetting('adversarialWeight', 1, [0, 1000], 'Weight of what the discriminators say.'),
  declareSetting('cycleWeight', 3, [0, 1000], 'Weight of the squared error of going there and back.'),
  declareSetting('identityWeight', 0, [0, 1000], 'Weight of the squared error of mapping what is already there.'),
  declareSetting(
    'noise',
    0.3,
    [0, 10],
    'Deviation of noise on what discriminators see, at the start; none at the end.',
  ),
];

export interface CycleGanSettings extends Readonly<Record<string, number | string>> {
  readonly hidden: number;
  readonly discriminatorHidden: number;
  readonly steps: number;
  readonly starts: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly adversarialWeight: number;
  readonly cycleWeight: number;
  readonly identityWeight: number;
  readonly noise: number;
}

/** @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID */
export function readCycleGanSettings(given: Readonly<Record<string, unknown>>): CycleGanSettings {
  const settings = resolveSettings(CYCLEGAN_SETTINGS, given);
  const number = (name: string) => getSetting(settings, name);
  return {
    hidden: number('hidden'),
    discriminatorHidden: number('discriminatorHidden'),
    steps: number('steps'),
    starts: number('starts'),
    batchSize: number('batchSize'),
    learningRate: number('learningRate'),
    adversarialWeight: number('adversarialWeight'),
    cycleWeight: number('cycleWeight'),
    identityWeight: number('identityWeight'),
    noise: number('noise'),
  };
}
