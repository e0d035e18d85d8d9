import { declareSetting, getSetting, resolveSettings, type SettingDeclaration } from '../settings.js';

/** What a CycleGAN takes; a mapping of pairs takes those that it has use for. */
export const CYCLEGAN_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('hidden', 0, [0, 4096], 'Hidden units of a generator beside its linear part.', {
    whole: true,
    why: 'A linear way can be told by shape where there is one; the more a generator can do, the more ways fit.',
  }),
  declareSetting('discriminatorHidden', 64, [1, 4096], 'Units of each of the two hidden layers of a discriminator.', {
    whole: true,
    why: 'On the planted domains 24 are enough; real vectors have more directions, and other numbers were not tried on them.',
  }),
  declareSetting('steps', 1500, [1, 1_000_000], 'Steps of each start.', {
    whole: true,
    why: 'A turn of a radian in the plane is found in 100 to 200; the distance no longer falls long before 1,500.',
  }),
  declareSetting('starts', 4, [1, 100], 'Trainings from other starts, of which the best is kept.', {
    whole: true,
    why: 'A start that is mirrored or turned too far stays wrong; its distance shows it.',
  }),
  declareSetting('batchSize', 128, [1, 8192], 'Vectors of each set in a step.', {
    whole: true,
    why: 'On the planted domains 64 are enough; other sizes were not tried on real vectors.',
  }),
  declareSetting('learningRate', 0.003, [1e-6, 1], 'Step size of Adam at the start; a tenth of it at the end.', {
    why: 'On the planted domains .003 to .02 all arrive; it was not tuned on real ones, where none arrived.',
  }),
  declareSetting('adversarialWeight', 1, [0, 1000], 'Weight of what the discriminators say.', {
    why: 'The unit that the other weights are set in; at 0 a start stays where it is.',
  }),
  declareSetting('cycleWeight', 3, [0, 1000], 'Weight of the squared error of going there and back.', {
    why: 'On the planted domains 1 and 3 do alike; the paper has 10 of absolute errors.',
  }),
  declareSetting('identityWeight', 0, [0, 1000], 'Weight of the squared error of mapping what is already there.', {
    why: 'It says that both domains have the same coordinates, which vectors that were trained apart have not.',
  }),
  declareSetting(
    'noise',
    0.3,
    [0, 10],
    'Deviation of noise on what discriminators see, at the start; none at the end.',
    { why: 'Sets that hardly overlap are told apart at once, and then nothing is learned (Sønderby et al., 2017).' },
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
