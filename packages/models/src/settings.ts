import { KindredError, nearestName } from '@kindred/domain';

/** A number, the name of a choice, or `auto`: a rule of the method decides from the data. */
export type SettingValue = number | string;
export type Settings = Readonly<Record<string, SettingValue>>;

/** Where `--search` looks for a better value: among a few, or in a range (whole numbers where the setting is whole). */
export type SearchSpace =
  | { readonly among: readonly SettingValue[] }
  | { readonly from: number; readonly to: number; readonly scale: 'linear' | 'log' };

/** One setting of a method: what `kindred train --set name=value` accepts, and what the help says of it. */
export interface SettingDeclaration {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly default: SettingValue;
  readonly minimum: number;
  readonly maximum: number;
  readonly whole?: boolean | undefined;
  /** The names it takes, of a setting that is no number. */
  readonly choices?: readonly string[] | undefined;
  /** Absent: a search leaves it alone. */
  readonly search?: SearchSpace | undefined;
  /**
   * One sentence: why this default, and this space where there is one. What nobody has tried is said to be untried; the
   * recipe is that of the default method, tried out in PyTorch before this code was written.
   */
  readonly why: string;
  /** The choice beside which alone the setting means something. Absent: it always does. */
  readonly only?: { readonly setting: string; readonly among: readonly string[] } | undefined;
}

/** What a declaration says beside its line: why, and what only some settings have. */
type SettingDetails = Pick<SettingDeclaration, 'why' | 'whole' | 'search' | 'only'>;

/** A number in one line. @param range smallest and largest value */
export function declareSetting(
  name: string,
  value: number | 'auto',
  [minimum, maximum]: readonly [number, number],
  description: string,
  details: SettingDetails,
): SettingDeclaration {
  return { name, default: value, minimum, maximum, description, ...details };
}

/** A choice among names in one line; the first is the default. */
export function declareChoice(
  name: string,
  choices: readonly [string, ...string[]],
  description: string,
  details: Omit<SettingDetails, 'whole'>,
): SettingDeclaration {
  return { name, default: choices[0], minimum: 0, maximum: 0, choices, description, ...details };
}

/**
 * The settings of a method with what was given put over the defaults. Numbers may come as text.
 * @throws KindredError SETTING_UNKNOWN with the nearest known name; CONFIG_INVALID when a value is out of its range
 */
export function resolveSettings(
  declared: readonly SettingDeclaration[],
  given: Readonly<Record<string, unknown>>,
): Settings {
  const settings: Record<string, SettingValue> = {};
  for (const declaration of declared) settings[declaration.name] = declaration.default;
  for (const [name, value] of Object.entries(given)) {
    const declaration = declared.find((candidate) => candidate.name === name);
    if (declaration === undefined) throw unknownSetting(name, declared);
    settings[name] = readValue(declaration, value);
  }
  return settings;
}

/** Whether the setting does anything beside the choices made. A search leaves it alone where it does not. */
export function hasMeaning({ only }: SettingDeclaration, settings: Settings): boolean {
  return only === undefined || only.among.some((choice) => choice === settings[only.setting]);
}

/**
 * Refuses a setting that was changed and would do nothing.
 * @param settings as `resolveSettings` returns them
 * @throws KindredError CONFIG_INVALID
 */
export function checkMeaning(declared: readonly SettingDeclaration[], settings: Settings): void {
  for (const declaration of declared) {
    const { name, only } = declaration;
    if (only === undefined || settings[name] === declaration.default || hasMeaning(declaration, settings)) continue;
    throw new KindredError(
      'CONFIG_INVALID',
      `${name} does nothing with ${only.setting} ${settings[only.setting]}; it belongs to ${only.among.join(', ')}`,
      { field: name },
    );
  }
}

/** A value that is not left to a rule, else what the rule says. */
export function settingOr(settings: Settings, name: string, rule: () => number): number {
  const value = settings[name];
  return typeof value === 'number' ? value : rule();
}

/** The name chosen for a setting that is a choice. */
export function getChoice(settings: Settings, name: string): string {
  const value = settings[name];
  if (typeof value !== 'string') throw new KindredError('CONFIG_INVALID', `${name} has no value`, { field: name });
  return value;
}

/** The value of a setting that no rule decides. */
export function getSetting(settings: Settings, name: string): number {
  const value = settings[name];
  if (typeof value !== 'number') throw new KindredError('CONFIG_INVALID', `${name} has no value`, { field: name });
  return value;
}

function readValue(declaration: SettingDeclaration, value: unknown): SettingValue {
  if (declaration.choices !== undefined) return readChoice(declaration.name, declaration.choices, value);
  const { name, minimum, maximum, whole } = declaration;
  const open = declaration.default === 'auto';
  if (open && value === 'auto') return 'auto';
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const fits = typeof number === 'number' && number >= minimum && number <= maximum;
  if (!fits || (whole && !Number.isInteger(number))) {
    const kind = `${whole ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}${open ? ', or auto' : ''}`;
    throw new KindredError('CONFIG_INVALID', `${name} is ${JSON.stringify(value)}; it must be ${kind}`, {
      field: name,
    });
  }
  return number;
}

function readChoice(name: string, choices: readonly string[], value: unknown): string {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const nearest = nearestName(String(value), choices);
  const hint = nearest === undefined ? '' : `; the nearest is ${nearest}`;
  throw new KindredError(
    'CONFIG_INVALID',
    `${name} is ${JSON.stringify(value)}; it is one of ${choices.join(', ')}${hint}`,
    {
      field: name,
    },
  );
}

function unknownSetting(name: string, declared: readonly SettingDeclaration[]): KindredError {
  const names = declared.map((declaration) => declaration.name);
  const nearest = nearestName(name, names);
  const hint =
    nearest === undefined ? `it takes ${names.length === 0 ? 'none' : names.join(', ')}` : `the nearest is ${nearest}`;
  return new KindredError('SETTING_UNKNOWN', `the method has no setting ${name}; ${hint}`, { field: name });
}
