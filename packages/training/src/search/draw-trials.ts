import { Random } from '@kindred/domain';
import {
  hasMeaning,
  resolveSettings,
  type SearchSpace,
  type SettingDeclaration,
  type Settings,
  type SettingValue,
} from '@kindred/models';
import type { Trial } from './trial.js';

/** Digits that a drawn number keeps: nobody can tell a learning rate of .0123 from one of .01234567. */
const DIGITS = 3;
/** Draws in a row that were there before: nothing new is left, or so little that it is not worth the search. */
const MOST_REPEATS = 1000;

/**
 * The settings of a method that a search varies: those with a space that nobody has given a value, and that mean
 * something beside the choices that stay as they are.
 */
export function searchedSettings(
  declared: readonly SettingDeclaration[],
  given: Readonly<Record<string, unknown>>,
): readonly SettingDeclaration[] {
  const open = declared.filter(({ name, search }) => search !== undefined && !Object.hasOwn(given, name));
  const fixed = resolveSettings(declared, given);
  return open.filter((declaration) => {
    const choice = open.find(({ name }) => name === declaration.only?.setting);
    return hasMeaning(declaration, fixed) || (choice !== undefined && mayBeDrawn(choice, declaration));
  });
}

/** Whether a search over the choice comes to one beside which the setting means something. */
function mayBeDrawn({ name, search }: SettingDeclaration, setting: SettingDeclaration): boolean {
  if (search === undefined || !('among' in search)) return false;
  return search.among.some((choice) => hasMeaning(setting, { [name]: choice }));
}

/** Without the values that do nothing beside the choices among them: two trials that differ in those are one. */
function meaningful(searched: readonly SettingDeclaration[], values: Settings): Settings {
  const kept = searched.filter((declaration) => {
    const { only } = declaration;
    return only === undefined || !Object.hasOwn(values, only.setting) || hasMeaning(declaration, values);
  });
  return Object.fromEntries(kept.map(({ name }) => [name, values[name] as SettingValue]));
}

/**
 * The trials of a search, all different: first what was given over the defaults, then independent draws. Each has a
 * stream of its own, so the first n are the same however many there are. Fewer than asked for where the space has no
 * more points.
 */
export function drawTrials(
  searched: readonly SettingDeclaration[],
  given: Settings,
  count: number,
  seed: number,
): readonly Trial[] {
  const defaults = Object.fromEntries(searched.map((declaration) => [declaration.name, declaration.default]));
  const seen = new Set([JSON.stringify(meaningful(searched, defaults))]);
  const trials: Trial[] = [{ number: 1, settings: given }];
  while (trials.length < count) {
    const number = trials.length + 1;
    const drawn = drawUnseen(searched, new Random(seed, `search trial ${number}`), seen);
    if (drawn === undefined) break;
    trials.push({ number, settings: { ...given, ...drawn } });
  }
  return trials;
}

function drawUnseen(searched: readonly SettingDeclaration[], random: Random, seen: Set<string>): Settings | undefined {
  for (let repeat = 0; repeat < MOST_REPEATS; repeat++) {
    const drawn: Record<string, SettingValue> = {};
    for (const { name, search, whole } of searched) {
      if (search !== undefined) drawn[name] = drawValue(search, whole === true, random);
    }
    const settings = meaningful(searched, drawn);
    const key = JSON.stringify(settings);
    if (seen.has(key)) continue;
    seen.add(key);
    return settings;
  }
  return undefined;
}

/** Uniform over the values, the range or, on a log scale, the exponents of the range; every whole number alike. */
export function drawValue(space: SearchSpace, whole: boolean, random: Random): SettingValue {
  if ('among' in space) return space.among[random.below(space.among.length)] as SettingValue;
  const { from, to, scale } = space;
  const end = whole ? to + 1 : to;
  const at = random.next();
  const value = scale === 'log' ? from * (end / from) ** at : from + at * (end - from);
  const rounded = whole ? Math.floor(value) : Number(value.toPrecision(DIGITS));
  return Math.min(to, Math.max(from, rounded));
}
